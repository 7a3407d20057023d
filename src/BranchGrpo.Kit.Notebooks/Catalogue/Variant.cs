namespace BranchGrpo.Kit.Notebooks;

/// <summary>One answer to an ablation's question: a recipe, and what of the network it trains.</summary>
/// <param name="Recipe">The method; its name is unique in the catalogue.</param>
/// <param name="Published">The published figure of this very setting, in its own unit; empty where there is none.</param>
public sealed record Variant(Recipe Recipe, string Published = "")
{
    /// <summary>True trains every parameter of the policy; false leaves the parts of the task's default frozen.</summary>
    public bool TrainsAll { get; init; }

    /// <summary>Name of the variant.</summary>
    public string Name => Recipe.Name;

    /// <summary>Ten hexadecimal digits of the SHA-256 of <see cref="Settings"/>.</summary>
    public string Key => Fingerprint.Of(Settings);

    /// <summary>Everything that decides the variant's result, spelled out; equal for variants that are the same run.</summary>
    public string Settings => SettingsText.Of(Recipe with { Name = "", Summary = "", Published = null }) + (TrainsAll ? ", all parameters" : "");
}
