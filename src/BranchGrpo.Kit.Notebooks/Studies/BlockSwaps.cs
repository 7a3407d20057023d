using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Random exchanges of whole trees with what stands in their place. Where both have one law for a single leaf, a tree's contribution to a
/// difference has mean 0 and may change its sign, whatever its leaves have in common: the wild bootstrap, with trees as blocks.</summary>
/// <remarks>Exact where a tree and the rollouts in its place can be exchanged, else for many trees: Leucht and Neumann 2013, Dependent wild bootstrap
/// for degenerate U- and V-statistics; Chwialkowski, Sejdinovic and Gretton 2014.</remarks>
internal sealed class BlockSwaps
{
    private readonly bool[][] swapped;

    /// <param name="blocks">Number of trees.</param>
    /// <param name="count">Exchanges.</param>
    /// <param name="seed">Of the exchanges.</param>
    public BlockSwaps(int blocks, int count, ulong seed) => swapped =
        [.. Enumerable.Range(0, count + 1).Select(s => Enumerable.Range(0, blocks)
            .Select(b => s > 0 && SeededNoise.Hash(seed, (ulong)s, (ulong)b) >> 63 == 1).ToArray())];

    /// <summary>For each exchange, the truth first: which trees have changed sides.</summary>
    public IReadOnlyList<bool[]> All => swapped;

    /// <summary>1 where a member of the joint sample (trees, then what stands in their place) belongs to the first side. Shape [2·trees·L, 1 +
    /// exchanges].</summary>
    public Tensor IsFirst(int perBlock)
    {
        using var scope = NewDisposeScope();
        var blocks = swapped[0].Length;
        var kept = new double[swapped.Length * blocks];
        for (var i = 0; i < kept.Length; i++) kept[i] = swapped[i / blocks][i % blocks] ? 0 : 1;
        var first = tensor(kept, dtype: float64).reshape(swapped.Length, blocks).t().repeat_interleave(perBlock, 0);    // [trees·L, 1 + exchanges]
        return cat([first, 1 - first], 0).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>A distance, its null level and what exchanges make of it.</summary>
    /// <param name="measure">What is measured.</param>
    /// <param name="statistics">One per exchange, the truth first.</param>
    /// <param name="sequential">Of two sequential sets.</param>
    public static LeafQuantity Distance(LeafMeasure measure, double[] statistics, double sequential)
    {
        var (value, rest) = (statistics[0], statistics[1..]);
        var (low, high) = Middle(rest);
        return new(measure, value, sequential, low, high, (1.0 + rest.Count(s => s >= value)) / statistics.Length);
    }

    /// <summary>A mean over trees beside that over what stands in their place.</summary>
    public LeafQuantity Difference(LeafMeasure measure, double[] trees, double[] sequential)
    {
        double[] differences = [.. swapped.Select(s => s.Select((isSwapped, b) => (isSwapped ? -1 : 1) * (trees[b] - sequential[b])).Average())];
        var (mean, size) = (sequential.Average(), Math.Abs(differences[0]));
        var (low, high) = Middle(differences[1..]);
        return new(measure, trees.Average(), mean, mean + low, mean + high, (1.0 + differences[1..].Count(d => Math.Abs(d) >= size)) / swapped.Length);
    }

    private static (double Low, double High) Middle(double[] values)
    {
        var sorted = values.Order().ToArray();
        double At(double share) => sorted[(int)Math.Round(share * (sorted.Length - 1))];
        return (At(0.025), At(0.975));
    }
}
