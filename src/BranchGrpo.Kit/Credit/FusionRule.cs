namespace BranchGrpo.Kit;

/// <summary>How leaf rewards become node values.</summary>
public abstract record FusionRule
{
    private FusionRule() { }

    /// <summary>Mean over the leaves below a node.</summary>
    public sealed record Mean : FusionRule;

    /// <summary>Softmax weights of β times the path log-probability, with log-probabilities averaged or summed over elements.</summary>
    /// <param name="Beta">β ≥ 0.</param>
    /// <param name="Reduction">What β multiplies: the mean over elements (published code) or the log-density itself.</param>
    public sealed record PathProbability(double Beta, Reduction Reduction) : FusionRule
    {
        /// <summary>Inverse temperature β.</summary>
        public double Beta { get; init => field = Require.NotNegative(value); } = Require.NotNegative(Beta);
    }

    /// <summary>The published code's softmax over the children's single edges.</summary>
    public sealed record PublishedEdgeSoftmax : FusionRule;

    /// <summary>Node values and effective sample sizes of a scored tree.</summary>
    /// <returns>Both of shape [N]. Effective sample size: 1/Σw² over the leaves below a node; the number of leaves for the mean.</returns>
    public (double[] Value, double[] EffectiveSampleSize) Apply(RolloutTree tree)
    {
        switch (this)
        {
            case PathProbability rule:
                var logProb = rule.Reduction == tree.Reduction ? tree.LogProb
                    : Array.ConvertAll(tree.LogProb, l => rule.Reduction == Reduction.Sum ? l * tree.Elements : l / tree.Elements);
                return RewardFusion.PathProbability(tree.Parent, logProb, tree.Rewards, rule.Beta);
            case PublishedEdgeSoftmax:
                return (RewardFusion.PublishedEdgeSoftmax(tree.Parent, tree.LogProb, tree.Rewards), LeavesBelow(tree));
            default:
                return (RewardFusion.Mean(tree.Parent, tree.Rewards), LeavesBelow(tree));
        }
    }

    private static double[] LeavesBelow(RolloutTree tree) =>
        Array.ConvertAll(tree.Depth, d => (double)tree.LevelCount(tree.Plan.Depth) / tree.LevelCount(d));
}
