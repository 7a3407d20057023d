using System.Collections.Immutable;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>A question, and the variants that answer it when they are trained side by side.</summary>
/// <param name="Name">Short name.</param>
/// <param name="Question">What the variants differ in.</param>
/// <param name="Source">Where the question comes from.</param>
/// <param name="Finding">What was published about it.</param>
/// <param name="Variants">The baseline first.</param>
public sealed record Ablation(string Name, string Question, string Source, string Finding, ImmutableArray<Variant> Variants)
{
    /// <summary>The recipes of the variants, in their order.</summary>
    public ImmutableArray<Recipe> Recipes => [.. Variants.Select(v => v.Recipe)];

    /// <summary>True where settings are chosen: judged on validation prompts, with seeds that no other entry has.</summary>
    public bool IsTuning { get; init; }

    /// <summary>True for the tables of all methods, which have more seeds and longer runs.</summary>
    public bool IsMain { get; init; }

    /// <summary>Tuning has the seeds up to this one, every other entry those after it: no setting is chosen by looking at runs that judge it.</summary>
    public const ulong TuningSeeds = 100;

    /// <summary>Number of seeds after <see cref="TuningSeeds"/> that suggested this question, and so do not answer it.</summary>
    public ulong ChoosingSeeds { get; init; }

    /// <summary>The first seed that answers this question.</summary>
    public ulong FirstSeed => IsTuning ? 1 : TuningSeeds + ChoosingSeeds + 1;

    /// <summary>Whether a run of this seed answers this question.</summary>
    public bool HasSeed(ulong seed) => seed >= FirstSeed && (!IsTuning || seed <= TuningSeeds);

    /// <summary>Name of a score on the prompts that judge this entry.</summary>
    public string Judged(string score) => IsTuning ? "validation-" + score : score;

    /// <summary>The claims that this entry puts to the test.</summary>
    public ImmutableArray<PublishedClaim> Claims { get; init; } = [];
}
