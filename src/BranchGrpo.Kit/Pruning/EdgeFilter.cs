namespace BranchGrpo.Kit;

/// <summary>Which edges of a tree can be trained at all, before any pruning.</summary>
public static class EdgeFilter
{
    /// <summary>Edges that have a density: the stochastic ones.</summary>
    /// <param name="tree">Borrowed.</param>
    /// <param name="edges">Child nodes of the edges to choose from.</param>
    public static int[] Stochastic(CreditedTree tree, int[] edges) => [.. edges.Where(i => tree.IsStochastic[i])];

    /// <summary>Edges into nodes that have company at their depth of their prompt: alone, a node's advantage is 0 whatever the estimator.</summary>
    /// <param name="tree">Borrowed.</param>
    /// <param name="edges">Child nodes of the edges to choose from.</param>
    public static int[] Contrasted(CreditedTree tree, int[] edges)
    {
        var count = tree.Depth.Zip(tree.Prompt).CountBy(key => key).ToDictionary();
        return [.. edges.Where(i => count[(tree.Depth[i], tree.Prompt[i])] > 1)];
    }

    /// <summary>The edges that one iteration trains: depth-first, stochastic, with company, visible to the reward, then pruned rule by
    /// rule.</summary>
    /// <param name="tree">Borrowed.</param>
    /// <param name="plan">Says which steps reach the reward.</param>
    /// <param name="rules">Applied in order.</param>
    public static int[] Trained(CreditedTree tree, RolloutPlan plan, IEnumerable<PruningRule> rules)
    {
        var visible = tree.DepthFirst().Where(i => plan.IsTrainable(tree.Depth[i] - 1)).ToArray();
        return rules.Aggregate(Contrasted(tree, Stochastic(tree, visible)), (edges, rule) => rule.Keep(tree, edges));
    }
}
