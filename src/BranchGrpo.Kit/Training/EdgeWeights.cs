namespace BranchGrpo.Kit;

/// <summary>How much each trained edge counts.</summary>
public enum EdgeWeighting
{
    /// <summary>Every edge equally: wide levels dominate (paper, Eq. 5: 1/|E|).</summary>
    PerEdge,

    /// <summary>Every depth equally, shared evenly by its edges: the mean over a level, so that a node of a level of n has mass 1/n.</summary>
    PerDepth,
}

/// <summary>Weights of the trained edges of one iteration.</summary>
public static class EdgeWeights
{
    /// <summary>w_e ∝ σ^κ (per edge) or σ^κ/n_d (per depth, n_d its trained edges), σ the noise level that the edge leaves.</summary>
    /// <param name="tree">Shape.</param>
    /// <param name="schedule">Noise levels.</param>
    /// <param name="edges">Child nodes of the trained edges.</param>
    /// <param name="weighting">Per edge or per depth.</param>
    /// <param name="sigmaPower">κ ≥ 0; 0 weighs all noise levels alike, 1–2 take weight from late steps, whose gradients are large and mostly
    /// noise.</param>
    /// <returns>One weight per edge; their sum is 1.</returns>
    public static double[] Of(CreditedTree tree, NoiseSchedule schedule, int[] edges, EdgeWeighting weighting, double sigmaPower)
    {
        var count = edges.CountBy(i => tree.Depth[i]).ToDictionary();
        var weights = Array.ConvertAll(edges, i => Math.Pow(schedule[tree.Depth[i] - 1], sigmaPower)
            / (weighting == EdgeWeighting.PerDepth ? count[tree.Depth[i]] : 1));
        var sum = weights.Sum();
        return Array.ConvertAll(weights, w => w / sum);
    }
}
