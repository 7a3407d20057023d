using System.Collections.Immutable;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>The trees of a study, and the rollouts each is held against: tree i grows as in iteration i + 1 of a run, from prompt i of a list that
/// begins anew at its end.</summary>
internal sealed class LeafPlan
{
    private LeafPlan(ImmutableArray<RolloutPlan> trees, ImmutableArray<RolloutPlan> chains) => (Trees, Chains) = (trees, chains);

    /// <summary>One plan per tree.</summary>
    public ImmutableArray<RolloutPlan> Trees { get; }

    /// <summary>What stands in the place of each tree: as many leaves of the same prompt.</summary>
    public ImmutableArray<RolloutPlan> Chains { get; }

    /// <summary>L.</summary>
    public int LeavesPerTree => Trees[0].LeavesPerPrompt;

    /// <summary>Leaves of each set.</summary>
    public int Leaves => Trees.Length * LeavesPerTree;

    /// <exception cref="ArgumentException">Fewer than two leaves per tree, or fewer than two trees.</exception>
    public static LeafPlan Of(PlanRule rule, LeafOptions options, Func<RolloutPlan, RolloutPlan> reference)
    {
        var perTree = rule.At(1, options.Seed).LeavesPerPrompt;
        var count = (int)Math.Round(options.Samples / (double)perTree, MidpointRounding.AwayFromZero);
        if (perTree < 2)
            throw new ArgumentException("A tree of one leaf has nothing to compare inside it; the rule needs a split or several roots.", nameof(rule));
        if (count < 2)
            throw new ArgumentException($"{options.Samples} samples make {count} tree(s) of {perTree} leaves; ask for at least {2 * perTree}.",
                nameof(options));
        var trees = Enumerable.Range(1, count).Select(i => rule.At(i, options.Seed)).ToImmutableArray();
        ImmutableArray<RolloutPlan> chains = [.. trees.Select(reference)];
        return trees.Concat(chains).All(p => p.LeavesPerPrompt == perTree)
            ? new(trees, chains)
            : throw new ArgumentException($"Every tree, and what it is held against, needs the {perTree} leaves of the first.", nameof(rule));
    }

    /// <summary>Whether the rollouts that trees are held against are the same.</summary>
    public bool SharesChainsWith(LeafPlan? other) => other is not null && Chains.SequenceEqual(other.Chains);
}
