namespace BranchGrpo.Kit.Notebooks;

/// <summary>One colour per method everywhere (Okabe and Ito, readable by the colour-blind); variants of a method share its colour, dashed.</summary>
public static class Palette
{
    private static readonly Dictionary<string, (string Colour, bool Dashed)> Methods = new(StringComparer.OrdinalIgnoreCase)
    {
        ["DanceGRPO"] = ("#777777", false),
        ["DanceGRPO-0.6"] = ("#AAAAAA", true),
        ["DanceGRPO-T4"] = ("#444444", true),
        ["MixGRPO"] = ("#E69F00", false),
        ["MixGRPO-T5"] = ("#E69F00", true),
        ["Flow-GRPO"] = ("#D6C800", false),
        ["Flow-GRPO-Fast"] = ("#D6C800", true),
        ["TreeGRPO"] = ("#44AA99", false),
        ["BranchGRPO"] = ("#0072B2", false),
        ["BranchGRPO-PerDepth"] = ("#0072B2", true),
        ["BranchGRPO-WidPru"] = ("#56B4E9", false),
        ["BranchGRPO-WidPru-Extreme"] = ("#56B4E9", true),
        ["BranchGRPO-DepPru"] = ("#009E73", false),
        ["BranchGRPO-Mix"] = ("#D55E00", false),
        ["BranchGRPO-Split"] = ("#AA4499", false),
    };

    // For variants that a reader makes up: told apart from each other and from the methods.
    private static readonly string[] Variants = ["#CC79A7", "#117733", "#882255", "#332288", "#999933", "#661100"];

    /// <summary>Colours of the phases sample, reward, credit, update, and of rollout and training.</summary>
    public static IReadOnlyList<string> Phases { get; } = ["#0072B2", "#E69F00", "#009E73", "#D55E00"];

    /// <summary>Colour of a method, and whether its line is dashed.</summary>
    /// <param name="method">Name of a method or of a variant.</param>
    /// <param name="index">Place of the variant among those shown, for names that have no colour of their own.</param>
    public static (string Colour, bool Dashed) Of(string method, int index = 0) =>
        Methods.TryGetValue(WithoutModel(method), out var known) ? known : (Variants[index % Variants.Length], false);

    // flux-branchgrpo has the colour of BranchGRPO.
    private static string WithoutModel(string method) => method.StartsWith("flux-", StringComparison.Ordinal) ? method[5..]
        : method.StartsWith("sd3-", StringComparison.Ordinal) ? method[4..] : method;
}
