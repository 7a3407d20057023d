using Microsoft.Data.Analysis;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>What path-probability weights do to the leaves of a tree: how many of them still count.</summary>
public static class PathWeights
{
    /// <summary>Log-densities that the stochastic edges of a tree would have if its latents had another number of elements: −½χ² with so many degrees
    /// of freedom, without the constant that all edges of a depth share.</summary>
    /// <param name="tree">Gives the shape.</param>
    /// <param name="elements">Elements of a latent, D. At least 1.</param>
    /// <param name="reduction">Sum over elements, or their mean.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <returns>Nats. Shape [N].</returns>
    public static double[] LogProb(RolloutTree tree, int elements, Reduction reduction, ulong seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(elements, 1);
        var random = new Random((int)(SeededNoise.Hash(seed, (ulong)elements) >> 33));
        return Array.ConvertAll(tree.IsStochastic, stochastic =>
            stochastic ? -0.5 * ChiSquare(random, elements) / (reduction == Reduction.Mean ? elements : 1) : 0);
    }

    /// <summary>Log-density of the whole path to each leaf.</summary>
    /// <param name="tree">Gives the shape.</param>
    /// <param name="logProb">Log-density of the edge into each node. Shape [N].</param>
    /// <returns>Shape [leaves].</returns>
    public static double[] PathSums(RolloutTree tree, double[] logProb)
    {
        var sums = (double[])logProb.Clone();
        for (var i = 0; i < sums.Length; i++)
            if (tree.Parent[i] >= 0) sums[i] += sums[tree.Parent[i]];
        return sums[tree.FirstLeaf..];
    }

    /// <summary>Mean over draws of 1/Σw² at the root: leaves that really carry its value.</summary>
    /// <param name="tree">Gives the shape; its first root is looked at.</param>
    /// <param name="elements">Elements of a latent.</param>
    /// <param name="beta">β.</param>
    /// <param name="reduction">What β multiplies.</param>
    /// <param name="draws">Trees drawn.</param>
    public static double EffectiveLeaves(RolloutTree tree, int elements, double beta, Reduction reduction, int draws = 32)
    {
        var rewards = new double[tree.LevelCount(tree.Plan.Depth)];
        return Enumerable.Range(1, draws).Average(draw =>
            RewardFusion.PathProbability(tree.Parent, LogProb(tree, elements, reduction, (ulong)draw), rewards, beta).EffectiveSampleSize[0]);
    }

    /// <summary>Effective sample size by depth, one column per rule; depths between two splits share a row, and its number is the mean over their
    /// nodes.</summary>
    /// <param name="tree">A scored tree.</param>
    /// <param name="rules">Name and rule of each column.</param>
    public static DataFrame EffectiveLeavesByDepth(RolloutTree tree, params (string Name, FusionRule Rule)[] rules)
    {
        var last = tree.Plan.Depth;
        var spans = Enumerable.Range(0, last + 1).GroupBy(tree.LevelCount, (_, depths) => (First: depths.First(), Last: depths.Last())).ToArray();
        var columns = new List<DataFrameColumn>
        {
            new StringDataFrameColumn("depths", spans.Select(s => s.First == s.Last ? $"{s.First}" : $"{s.First}–{s.Last}")),
            new Int32DataFrameColumn("nodes at each", spans.Select(s => tree.LevelCount(s.First))),
            new Int32DataFrameColumn("leaves below", spans.Select(s => tree.LevelCount(last) / tree.LevelCount(s.First))),
        };
        foreach (var (name, rule) in rules)
        {
            var effective = rule.Apply(tree).EffectiveSampleSize;
            columns.Add(new DoubleDataFrameColumn(name, spans.Select(s =>
                Math.Round(effective[tree.LevelStart(s.First)..(tree.LevelStart(s.Last) + tree.LevelCount(s.Last))].Average(), 2))));
        }
        return new(columns);
    }

    // Exact where few terms are summed; beyond that the normal form of the cube root (Wilson and Hilferty 1931), whose error is far below one
    // draw's spread.
    private static double ChiSquare(Random random, int freedom)
    {
        if (freedom <= 32) return Enumerable.Range(0, freedom).Sum(_ => Math.Pow(Normal(random), 2));
        var spread = 2.0 / (9 * freedom);
        return freedom * Math.Pow(1 - spread + Normal(random) * Math.Sqrt(spread), 3);
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
