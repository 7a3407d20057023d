using BranchGrpo.Kit.Models.Metrics;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Distances of two sets of features in blocks of equal size, for every exchange of blocks.</summary>
internal static class LeafDistances
{
    /// <summary>Squared maximum mean discrepancy with all pairs, and without pairs of blocks that stand in each other's place.</summary>
    /// <param name="first">float64. Shape [blocks, L, D]; borrowed.</param>
    /// <param name="second">Of the same shape.</param>
    /// <param name="kernel">From […, n, D] and […, m, D] to […, n, m].</param>
    /// <param name="swaps">Exchanges of blocks.</param>
    /// <returns>One of each per exchange, the truth first. Unbiased: the first for independent members, the second for independent blocks.</returns>
    /// <remarks>With d_b the mean embedding of a block less that of the one in its place, the second is Σ ⟨d_b, d_b′⟩ / (B(B − 1)) over b ≠ b′.</remarks>
    public static (double[] All, double[] WithoutRelatives) Mmd(Tensor first, Tensor second, Func<Tensor, Tensor, Tensor> kernel, BlockSwaps swaps)
    {
        using var scope = NewDisposeScope();
        double blocks = first.shape[0], perBlock = first.shape[1], count = blocks * perBlock;
        var joint = Joint(first, second);                                                           // [2·B·L, D]
        var isFirst = swaps.IsFirst((int)perBlock);                                                 // [2·B·L, 1 + exchanges]
        var sums = KernelSums.Of(joint, kernel, isFirst, 1 - isFirst);
        var (selves, relatives) = Relatives(first, second, kernel);
        var all = sums.First.Select((f, s) => (f + sums.Second[s] - selves) / (count * (count - 1)) - 2 * sums.Cross[s] / (count * count));
        var others = sums.First.Select((f, s) => ((f + sums.Second[s] - 2 * sums.Cross[s]) / (perBlock * perBlock) - relatives) / (blocks * (blocks - 1)));
        return ([.. all], [.. others]);
    }

    /// <summary>The kernel distance of random subsets with k(x, y) = (x·y/D + 1)³: mean and standard deviation (n − 1) over subsets.</summary>
    public static Spread Kid(Tensor first, Tensor second, LeafOptions options)
    {
        using var scope = NewDisposeScope();
        var members = (int)(first.shape[0] * first.shape[1]);
        var size = Math.Min(options.SubsetSize, members / 2);
        var joint = Joint(first, second);
        Tensor isFirst = Chosen(members, size, options, 0), isSecond = Chosen(members, size, options, 1);
        Tensor none = zeros_like(isFirst), a = cat([isFirst, none], 0), b = cat([none, isSecond], 0);                     // [2·B·L, subsets]
        var sums = KernelSums.Of(joint, KernelSums.Cubic, a, b);
        var selves = SelfPairs(joint, KernelSums.Cubic).unsqueeze(0);                               // [1, 2·B·L]
        double[] ofFirst = Numbers(Ops.MatMul(selves, a)), ofSecond = Numbers(Ops.MatMul(selves, b));
        double n = size;
        return Spread.Of(sums.First.Select((f, s) => (double?)((f - ofFirst[s] + sums.Second[s] - ofSecond[s]) / (n * (n - 1))
            - 2 * sums.Cross[s] / (n * n))))!.Value;
    }

    /// <summary>Fréchet distances of all members, and of one member per block (mean over its places), the truth first.</summary>
    public static (double[] All, double[] WithoutRelatives) Frechet(Tensor first, Tensor second, BlockSwaps swaps)
    {
        var found = swaps.All.Select(swapped =>
        {
            using var scope = NewDisposeScope();
            var mask = tensor(swapped).view(-1, 1, 1);
            Tensor x = where(mask, second, first), y = where(mask, first, second);                  // [B, L, D]
            var apart = Enumerable.Range(0, (int)x.shape[1]).Average(place => FrechetDistance.Between(x.select(1, place), y.select(1, place)).Value);
            return (All: FrechetDistance.Between(x.flatten(0, 1), y.flatten(0, 1)).Value, Apart: apart);
        }).ToArray();
        return ([.. found.Select(f => f.All)], [.. found.Select(f => f.Apart)]);
    }

    /// <summary>Σ k(x, x) over all members, and Σ ⟨d_b, d_b⟩ over blocks. Neither changes when blocks change sides.</summary>
    private static (double Selves, double Relatives) Relatives(Tensor first, Tensor second, Func<Tensor, Tensor, Tensor> kernel)
    {
        using var scope = NewDisposeScope();
        var within = (Mean(first, first) + Mean(second, second)).sub(Mean(first, second).mul(Scalars.Of(2))).sum();
        return (SelfPairs(Joint(first, second), kernel).sum().item<double>(), within.item<double>());

        Tensor Mean(Tensor x, Tensor y) => kernel(x, y).mean([1, 2]);                               // [blocks]
    }

    private static Tensor SelfPairs(Tensor members, Func<Tensor, Tensor, Tensor> kernel)
    {
        using var scope = NewDisposeScope();
        var alone = members.unsqueeze(1);                                                           // [N, 1, D]
        return kernel(alone, alone).view(-1).MoveToOuterDisposeScope();
    }

    private static Tensor Joint(Tensor first, Tensor second) => cat([first.flatten(0, 1), second.flatten(0, 1)], 0);

    private static Tensor Chosen(int members, int size, LeafOptions options, ulong side)
    {
        var chosen = new double[members, options.Subsets];
        for (var s = 0; s < options.Subsets; s++)
            foreach (var i in SeededNoise.Permutation(members, options.Seed, (ulong)s, side, 0x51B5E7).Take(size)) chosen[i, s] = 1;
        return tensor(chosen);
    }

    private static double[] Numbers(Tensor values) => values.data<double>().ToArray();
}
