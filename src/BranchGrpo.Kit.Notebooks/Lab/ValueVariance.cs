namespace BranchGrpo.Kit.Notebooks;

/// <summary>Where the spread of the leaf rewards comes from: a nested analysis of variance over the splits of a tree.</summary>
public static class ValueVariance
{
    /// <summary>Variance that each step's noise adds to what a node is worth: v_i = s_i − s_j/K_j, where s_i is the variance (n − 1) of the
    /// values of siblings, mean over families, j the next split after i and K_j its branch factor.</summary>
    /// <param name="tree">Scored with <see cref="FusionRule.Mean"/>; every node of a depth has as many children; several prompts are
    /// averaged.</param>
    /// <returns>Reward units squared, one entry per step; 0 where a step does not split. A split stands for the steps up to the next one too, which
    /// part the same branches. Unbiased for independent branch noise, so single entries may be below 0; correlated noise of strength s shows about
    /// s²/(1 + s²) of it, since siblings share the rest.</returns>
    /// <remarks>The mean of K leaves keeps 1/K of what happens below it: that share of the later variance is taken off. The sum over steps is the
    /// variance of a leaf's reward given its root.</remarks>
    public static double[] Created(CreditedTree tree)
    {
        var families = Enumerable.Range(0, tree.Parent.Length).Where(i => tree.Parent[i] >= 0).GroupBy(i => tree.Parent[i]);
        var spread = families.GroupBy(f => tree.Depth[f.Key]).ToDictionary(step => step.Key, step => Spread(tree, [.. step]));
        var created = new double[tree.Depth.Max()];
        var below = 0.0;                                                       // s_j/K_j of the split below
        for (var step = created.Length - 1; step >= 0; step--)
        {
            var (branches, variance) = spread[step];
            if (branches < 2) continue;
            created[step] = variance - below;
            below = variance / branches;
        }
        return created;
    }

    private static (int Branches, double Variance) Spread(CreditedTree tree, IGrouping<int, int>[] families)
    {
        var moments = families.Select(f => Moments.Of([.. f.Select(i => tree.Value[i])])).ToArray();
        return moments.Select(m => m.Count).Distinct().Count() == 1
            ? (moments[0].Count, moments.Average(m => m.Variance(Deviation.Sample)))
            : throw new ArgumentException(
                $"Nodes of depth {tree.Depth[families[0].Key]} have different numbers of children; the analysis needs a balanced tree.");
    }
}
