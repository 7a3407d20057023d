namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>Where several rewards become one.</summary>
public enum RewardMixing
{
    /// <summary>Raw scores: Σ w·r. A reward counts by weight times its spread, so that weights depend on the rewards' units.</summary>
    Scores,

    /// <summary>Scores standardised over the pictures of a prompt: a reward counts by its weight, whatever its unit.</summary>
    Advantages,
}

/// <summary>Several rewards as one, without networks.</summary>
public static class RewardMixture
{
    private const double Epsilon = 1e-8;
    private const double Minimum = 1e-6;

    /// <summary>m(i) = Σₖ wₖ·rₖ(i).</summary>
    /// <param name="weights">wₖ. Length K.</param>
    /// <param name="scores">rₖ(i), raw. K rows of length N.</param>
    /// <returns>Length N.</returns>
    public static double[] OfScores(IReadOnlyList<double> weights, IReadOnlyList<double[]> scores)
    {
        Check(weights, scores, scores.Count == 0 ? 0 : scores[0].Length);
        return [.. Enumerable.Range(0, scores[0].Length).Select(i => weights.Select((w, k) => w * scores[k][i]).Sum())];
    }

    /// <summary>m(i) = Σₖ wₖ·(μₖ + (rₖ(i) − μₖ)/(σₖ + ε)), with mean μₖ and standard deviation σₖ (n − 1) of reward k over the pictures of i's prompt; below
    /// a deviation of 1e-6 the second term is 0, as in <see cref="AdvantageRule"/>.</summary>
    /// <remarks><para>Each reward is standardised over its group before the weights are applied, as in MixGRPO's and Flow-Factory's advantage-level
    /// aggregation. Adding μₖ back moves all pictures of a prompt alike: no advantage that compares pictures of one prompt sees it, while the mean
    /// reward in records stays Σ w·mean. Only <see cref="AdvantageScale.Global"/>, whose spread spans prompts, does.</para>
    /// <para>What differs from normalising each reward depth by depth in the tree and summing afterwards: fusion is linear in rewards, so the fused
    /// values agree, but (1) a reward's share at an inner depth is the spread that is left of it there after averaging over subtrees, not its weight;
    /// (2) the sum is divided by its own spread once more, so that rewards that disagree do not shrink the advantages, and only the ratios of weights
    /// matter; (3) advantages are clipped once, after the sum. On a star with <see cref="AdvantageScale.None"/> the two are equal.</para></remarks>
    /// <param name="weights">wₖ. Length K.</param>
    /// <param name="scores">rₖ(i), raw. K rows of length N.</param>
    /// <param name="prompts">Pictures of one prompt stand together: a group is a run of equal prompts. Length N.</param>
    /// <returns>Length N.</returns>
    public static double[] OfAdvantages(IReadOnlyList<double> weights, IReadOnlyList<double[]> scores, IReadOnlyList<string> prompts)
    {
        Check(weights, scores, prompts.Count);
        var mixed = new double[prompts.Count];
        for (int start = 0, end; start < mixed.Length; start = end)
        {
            for (end = start + 1; end < mixed.Length && prompts[end] == prompts[start]; end++) { }
            for (var k = 0; k < weights.Count; k++)
            {
                var group = scores[k].AsSpan(start, end - start);
                var (mean, deviation) = Moments(group);
                for (var i = 0; i < group.Length; i++)
                    mixed[start + i] += weights[k] * (mean + (deviation < Minimum ? 0 : (group[i] - mean) / (deviation + Epsilon)));
            }
        }
        return mixed;
    }

    private static (double Mean, double Deviation) Moments(ReadOnlySpan<double> values)
    {
        var (mean, squares) = (0.0, 0.0);
        foreach (var x in values) mean += x / values.Length;
        foreach (var x in values) squares += (x - mean) * (x - mean);
        return (mean, values.Length < 2 ? 0 : Math.Sqrt(squares / (values.Length - 1)));
    }

    private static void Check(IReadOnlyList<double> weights, IReadOnlyList<double[]> scores, int length)
    {
        if (weights.Count == 0 || weights.Count != scores.Count)
            throw new ArgumentException($"expected a weight per reward and at least one, found {weights.Count} for {scores.Count} rewards", nameof(weights));
        if (scores.Any(s => s.Length != length)) throw new ArgumentException($"expected {length} scores of every reward", nameof(scores));
    }
}
