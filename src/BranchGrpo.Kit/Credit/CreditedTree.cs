namespace BranchGrpo.Kit;

/// <summary>What pruning and edge weights may look at: the shape of a forest with values and advantages. Arrays of length N, borrowed.</summary>
public sealed record CreditedTree
{
    /// <summary>Parent of each node, −1 for roots.</summary>
    public required int[] Parent { get; init; }

    /// <summary>Depth of each node.</summary>
    public required int[] Depth { get; init; }

    /// <summary>Prompt of each node.</summary>
    public required int[] Prompt { get; init; }

    /// <summary>Whether the edge into each node is stochastic.</summary>
    public required bool[] IsStochastic { get; init; }

    /// <summary>Fused value of each node, reward units.</summary>
    public required double[] Value { get; init; }

    /// <summary>Advantage of the edge into each node.</summary>
    public required double[] Advantage { get; init; }

    /// <summary>Effective sample size of each node's value.</summary>
    public double[] EffectiveSampleSize { get; init; } = [];

    /// <summary>Depth of the nodes that split last, or −1 where none does.</summary>
    public required int LastSplit { get; init; }

    /// <summary>Iteration, counted from 1.</summary>
    public int Iteration { get; init; } = 1;

    /// <summary>Seed of the run, for random subsets.</summary>
    public ulong Seed { get; init; }

    /// <summary>Fuses and normalises a scored tree.</summary>
    public static CreditedTree From(RolloutTree tree, FusionRule fusion, AdvantageRule advantage, int iteration = 1, ulong seed = 0)
    {
        var (value, effective) = fusion.Apply(tree);
        return Of(tree.Shape, tree.Plan, value, advantage) with { EffectiveSampleSize = effective, Iteration = iteration, Seed = seed };
    }

    /// <summary>A tree without latents, worked out from its leaf rewards alone: mean fusion, one prompt.</summary>
    /// <param name="plan">Shape of the tree.</param>
    /// <param name="rewards">One per leaf.</param>
    /// <param name="advantage">How values become advantages.</param>
    /// <exception cref="ArgumentException">As many rewards as leaves are needed.</exception>
    public static CreditedTree From(RolloutPlan plan, IReadOnlyList<double> rewards, AdvantageRule advantage)
    {
        var shape = TreeShape.Of(plan, prompts: 1);
        return Of(shape, plan, RewardFusion.Mean(shape.Parent, [.. rewards]), advantage);
    }

    /// <summary>The tree of a plan with given values.</summary>
    internal static CreditedTree Of(TreeShape shape, RolloutPlan plan, double[] value, AdvantageRule advantage) => new()
    {
        Parent = shape.Parent,
        Depth = shape.Depth,
        Prompt = shape.Prompt,
        IsStochastic = shape.IsStochastic,
        Value = value,
        Advantage = advantage.Apply(shape.Parent, shape.Depth, shape.Prompt, value),
        LastSplit = plan.LastSplit,
    };

    /// <summary>All edges, named by their child, in depth-first pre-order, trees one after the other.</summary>
    public int[] DepthFirst()
    {
        var (children, order, pending) = (new List<int>?[Parent.Length], new List<int>(Parent.Length), new Stack<int>());
        for (var i = Parent.Length - 1; i >= 0; i--)
        {
            if (Parent[i] < 0) pending.Push(i);
            else (children[Parent[i]] ??= []).Add(i);                                              // last child first
        }
        while (pending.TryPop(out var node))
        {
            if (Parent[node] >= 0) order.Add(node);
            foreach (var child in children[node] ?? []) pending.Push(child);
        }
        return [.. order];
    }

    /// <summary>The ancestor of a node (or itself) at a depth.</summary>
    public int AncestorAt(int node, int depth)
    {
        while (Depth[node] > depth) node = Parent[node];
        return node;
    }

    /// <summary>Nodes without children, in node order.</summary>
    public int[] Leaves()
    {
        var parents = Parent.ToHashSet();
        return [.. Enumerable.Range(0, Parent.Length).Where(i => !parents.Contains(i))];
    }
}
