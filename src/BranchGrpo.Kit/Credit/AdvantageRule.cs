using System.Runtime.InteropServices;

namespace BranchGrpo.Kit;

/// <summary>What is subtracted from a node's value.</summary>
public enum Baseline
{
    /// <summary>Mean over the nodes of the same depth and prompt (BranchGRPO).</summary>
    Depth,

    /// <summary>Mean over the leaf rewards of the prompt (GRPO).</summary>
    Group,

    /// <summary>Mean over the node and its siblings; a node without siblings takes its parent's advantage.</summary>
    Siblings,
}

/// <summary>What the difference is divided by.</summary>
public enum AdvantageScale
{
    /// <summary>Standard deviation of the values of the same depth and prompt.</summary>
    Depth,

    /// <summary>Standard deviation of the leaf rewards of the prompt.</summary>
    Group,

    /// <summary>Root mean square, over the prompts of the iteration, of <see cref="Group"/>.</summary>
    Pooled,

    /// <summary>Standard deviation of all leaf rewards of the iteration, whatever their prompt (Flow-GRPO's global std).</summary>
    Global,

    /// <summary>Nothing: reward units.</summary>
    None,
}

/// <summary>Which standard deviation.</summary>
public enum Deviation
{
    /// <summary>Divides by n − 1.</summary>
    Sample,

    /// <summary>Divides by n.</summary>
    Population,
}

/// <summary>Turns node values into advantages: A(n) = (V(n) − baseline) / (scale + ε), clipped to ±<see cref="Clip"/>.</summary>
/// <remarks>BranchGRPO, arXiv 2509.06040v5, Eq. 4 for <see cref="Baseline.Depth"/>. With two nodes at a depth, depth-wise scaling gives ±0.707
/// (sample) or ±1 (population) whatever the difference: only the sign survives. On a star (one level of branches) depth-wise and group advantages are
/// equal.</remarks>
/// <param name="Baseline">What is subtracted.</param>
/// <param name="Scale">What the difference is divided by.</param>
public sealed record AdvantageRule(Baseline Baseline, AdvantageScale Scale)
{
    /// <summary>Which standard deviation.</summary>
    public Deviation Deviation { get; init; } = Deviation.Sample;

    /// <summary>Added to the standard deviation, reward units.</summary>
    public double Epsilon { get; init => field = Require.NotNegative(value); } = 1e-8;

    /// <summary>Below this standard deviation there is no signal and the advantage is 0 (published code: 1e-6). Reward units.</summary>
    public double Minimum { get; init => field = Require.NotNegative(value); } = 1e-6;

    /// <summary>Advantages are clipped to ± this; ∞ leaves them.</summary>
    public double Clip { get; init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(Clip), value, "must be positive"); } = 5;

    /// <summary>Advantages of all nodes. Nodes alone at the depth of their prompt get 0: nothing was chosen there.</summary>
    /// <param name="parent">Parent of each node, −1 for roots. Shape [N].</param>
    /// <param name="depth">Depth of each node. Shape [N].</param>
    /// <param name="prompt">Prompt of each node, 0-based. Shape [N].</param>
    /// <param name="value">Fused value of each node; the reward at leaves. Shape [N].</param>
    /// <returns>Dimensionless (reward units without scale). Shape [N].</returns>
    public double[] Apply(ReadOnlySpan<int> parent, ReadOnlySpan<int> depth, ReadOnlySpan<int> prompt, ReadOnlySpan<double> value)
    {
        var (levels, groups, all) = Collect(parent, depth, prompt, value);
        var siblings = Baseline == Baseline.Siblings ? SiblingMeans(parent, prompt, value) : [];
        var pooled = Math.Sqrt(groups.Values.Average(g => g.Variance(Deviation)));
        var global = Math.Sqrt(all.Variance(Deviation));
        var advantage = new double[parent.Length];
        for (var i = 0; i < advantage.Length; i++)
        {
            var (level, group) = (levels[(prompt[i], depth[i])], groups[prompt[i]]);
            if (level.Count < 2) continue;
            if (Baseline == Baseline.Siblings && siblings[i].Count < 2)
            {
                advantage[i] = parent[i] < 0 ? 0 : advantage[parent[i]];
                continue;
            }
            var baseline = Baseline switch { Baseline.Depth => level.Mean, Baseline.Group => group.Mean, _ => siblings[i].Mean };
            var scale = Scale switch
            {
                AdvantageScale.Depth => Math.Sqrt(level.Variance(Deviation)),
                AdvantageScale.Group => Math.Sqrt(group.Variance(Deviation)),
                AdvantageScale.Pooled => pooled,
                AdvantageScale.Global => global,
                _ => 1 - Epsilon,
            };
            advantage[i] = scale < Minimum || scale == 0 ? 0 : Math.Clamp((value[i] - baseline) / (scale + Epsilon), -Clip, Clip);
        }
        return advantage;
    }

    // Moments of each level, of the leaves of each prompt, and of all leaves.
    private static (Dictionary<(int, int), Moments> Levels, Dictionary<int, Moments> Groups, Moments All) Collect(
        ReadOnlySpan<int> parent, ReadOnlySpan<int> depth, ReadOnlySpan<int> prompt, ReadOnlySpan<double> value)
    {
        var (levels, groups, all) = (new Dictionary<(int, int), List<double>>(), new Dictionary<int, List<double>>(), new List<double>());
        var hasChild = new bool[parent.Length];
        foreach (var p in parent)
            if (p >= 0) hasChild[p] = true;
        for (var i = 0; i < parent.Length; i++)
        {
            Add(levels, (prompt[i], depth[i]), value[i]);
            if (hasChild[i]) continue;
            Add(groups, prompt[i], value[i]);
            all.Add(value[i]);
        }
        return (OfEach(levels), OfEach(groups), Moments.Of(CollectionsMarshal.AsSpan(all)));
    }

    private static Dictionary<TKey, Moments> OfEach<TKey>(Dictionary<TKey, List<double>> sets) where TKey : notnull =>
        sets.ToDictionary(p => p.Key, p => Moments.Of(CollectionsMarshal.AsSpan(p.Value)));

    private static Moments[] SiblingMeans(ReadOnlySpan<int> parent, ReadOnlySpan<int> prompt, ReadOnlySpan<double> value)
    {
        // Roots of one prompt are siblings of each other.
        var families = new Dictionary<(int, int), List<double>>();
        for (var i = 0; i < parent.Length; i++) Add(families, (prompt[i], parent[i]), value[i]);
        var moments = OfEach(families);
        var result = new Moments[parent.Length];
        for (var i = 0; i < result.Length; i++) result[i] = moments[(prompt[i], parent[i])];
        return result;
    }

    private static void Add<TKey>(Dictionary<TKey, List<double>> sets, TKey key, double value) where TKey : notnull
    {
        if (!sets.TryGetValue(key, out var set)) sets[key] = set = [];
        set.Add(value);
    }
}
