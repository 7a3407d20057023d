using BranchGrpo.Kit.Models.Metrics;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks.Tests;

/// <summary>The statistics alone, on numbers with a known law.</summary>
public class LeafDistancesTests
{
    private static readonly LeafOptions Options = new() { Swaps = 39, Subsets = 5, SubsetSize = 6 };

    private static Tensor Noise(Generator generator, params long[] shape) => randn(shape, generator: generator, dtype: float64);

    // Members of a block share a part of their noise: each alone is N(0, I), two of a block are correlated.
    private static Tensor Kin(Generator generator, double correlation, int blocks = 40, int perBlock = 6, int elements = 5) =>
        Math.Sqrt(correlation) * Noise(generator, blocks, 1, elements) + Math.Sqrt(1 - correlation) * Noise(generator, blocks, perBlock, elements);

    [Fact]
    public void Fast_forms_equal_the_definitions()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        Tensor x = Kin(generator, 0.5, 4, 3), y = Kin(generator, 0, 4, 3) + 0.3;
        var (swaps, sigma) = (new BlockSwaps(4, 3, 9), 2.0);
        var (gaussian, cubic) = (LeafDistances.Mmd(x, y, KernelSums.Gaussian(sigma), swaps), LeafDistances.Mmd(x, y, KernelSums.Cubic, swaps));
        var frechet = LeafDistances.Frechet(x, y, swaps);
        foreach (var (s, swapped) in swaps.All.Index())
        {
            Tensor[] first = [.. swapped.Select((isSwapped, b) => (isSwapped ? y : x)[b])];
            Tensor[] second = [.. swapped.Select((isSwapped, b) => (isSwapped ? x : y)[b])];
            Tensor a = cat(first, 0), c = cat(second, 0);
            Assert.Equal(KernelDistance.Gaussian(a, c, sigma).Unbiased, gaussian.All[s], 1e-12);
            Assert.Equal(KernelDistance.Polynomial(a, c).Unbiased, cubic.All[s], 1e-10);
            Assert.Equal(FrechetDistance.Between(a, c).Value, frechet.All[s], 1e-9);
            Assert.Equal(Enumerable.Range(0, 3).Average(l => FrechetDistance.Between(
                stack([.. first.Select(f => f[l])]), stack([.. second.Select(f => f[l])])).Value), frechet.WithoutRelatives[s], 1e-9);
            Assert.Equal(BetweenBlocks(first, second, sigma), gaussian.WithoutRelatives[s], 1e-12);
        }
        Assert.Equal(4, swaps.All.Count);
        Assert.DoesNotContain(true, swaps.All[0]);
        Assert.Contains(swaps.All.Skip(1), s => s.Contains(true));
    }

    // Σ over b ≠ b′ of ⟨d_b, d_b′⟩, written out.
    private static double BetweenBlocks(Tensor[] first, Tensor[] second, double sigma)
    {
        double Mean(Tensor a, Tensor b) => exp((a.unsqueeze(1) - b.unsqueeze(0)).square().sum([2]) * (-0.5 / (sigma * sigma))).mean().item<double>();
        var pairs = from i in Enumerable.Range(0, first.Length)
                    from j in Enumerable.Range(0, first.Length)
                    where i != j
                    select Mean(first[i], first[j]) + Mean(second[i], second[j]) - Mean(first[i], second[j]) - Mean(second[i], first[j]);
        return pairs.Sum() / (first.Length * (first.Length - 1));
    }

    [Fact]
    public void Subsets_are_those_of_the_kernel_inception_distance()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        Tensor x = Kin(generator, 0, 5, 4), y = Kin(generator, 0, 5, 4) + 0.5;
        var options = Options with { SubsetSize = 1000, Subsets = 400 };                   // at most half of a set: 10
        var kid = LeafDistances.Kid(x, y, options);
        Assert.Equal(400, kid.Count);
        Assert.Equal(KernelDistance.Polynomial(x.flatten(0, 1), y.flatten(0, 1)).Unbiased, kid.Mean, 0.05);      // on average over subsets
        long[][] chosen = [.. Enumerable.Range(0, 400).Select(s => SeededNoise.Permutation(20, (ulong)s, 1).Take(10).Select(i => (long)i).ToArray())];
        var expected = Spread.Of(KernelDistance.PolynomialOnSubsets(x.flatten(0, 1), y.flatten(0, 1), chosen.Zip(chosen.Reverse()))
            .Select(v => (double?)v))!.Value;
        Assert.Equal(expected.Mean, kid.Mean, 0.05);
        Assert.InRange(kid.Deviation!.Value / expected.Deviation!.Value, 0.85, 1.15);
    }

    [Fact]
    public void Kinship_lifts_a_distance_that_takes_leaves_for_strangers_and_no_other_and_makes_no_p_value_small()
    {
        using var generator = new Generator(5);
        var (kernel, none) = (KernelSums.Gaussian(3), new BlockSwaps(40, 0, 1));
        var rows = Enumerable.Range(1, 40).Select(seed =>
        {
            using var scope = NewDisposeScope();
            Tensor trees = Kin(generator, 0.7), chains = Kin(generator, 0), others = Kin(generator, 0);
            var swaps = new BlockSwaps(40, Options.Swaps, (ulong)seed);
            var (mmd, level) = (LeafDistances.Mmd(trees, chains, kernel, swaps), LeafDistances.Mmd(chains, others, kernel, none));
            var (frechet, levelOfFrechet) = (LeafDistances.Frechet(trees, chains, none), LeafDistances.Frechet(chains, others, none));
            return (All: mmd.All[0], Apart: mmd.WithoutRelatives[0], Null: level.All[0], F: frechet.All[0], FNull: levelOfFrechet.All[0],
                FApart: frechet.WithoutRelatives[0], FApartNull: levelOfFrechet.WithoutRelatives[0],
                P: BlockSwaps.Distance(LeafMeasure.Mmd, mmd.WithoutRelatives, 0).PValue);
        }).ToArray();
        double Errors(IEnumerable<double> values) =>                                       // the mean in standard errors
            Spread.Of(values.Select(v => (double?)v)) is { } s ? s.Mean / (s.Deviation!.Value / Math.Sqrt(s.Count)) : 0;
        Assert.InRange(Errors(rows.Select(r => r.Apart)), -3.5, 3.5);
        Assert.InRange(Errors(rows.Select(r => r.Null)), -3.5, 3.5);
        Assert.True(Errors(rows.Select(r => r.All - r.Null)) > 6, "kinship must show");
        Assert.True(rows.Average(r => r.F) > 2 * rows.Average(r => r.FNull), "kinship must show");
        Assert.Equal(1, rows.Average(r => r.FApart) / rows.Average(r => r.FApartNull), 0.05);
        Assert.InRange(rows.Count(r => r.P <= 0.1), 0, 10);                                // 4 expected
        Assert.InRange(rows.Average(r => r.P), 0.36, 0.64);
    }

    [Fact]
    public void Another_law_is_seen_through_kinship()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(6);
        Tensor trees = Kin(generator, 0.7).mul(2), chains = Kin(generator, 0);
        var swaps = new BlockSwaps(40, Options.Swaps, 1);
        Assert.Equal(1.0 / 40, BlockSwaps.Distance(LeafMeasure.Mmd, LeafDistances.Mmd(trees, chains, KernelSums.Gaussian(3), swaps).All, 0).PValue);
        Assert.Equal(1.0 / 40, BlockSwaps.Distance(LeafMeasure.Frechet, LeafDistances.Frechet(trees, chains, swaps).WithoutRelatives, 0).PValue);
    }

    [Fact]
    public void Means_over_trees_are_held_against_those_in_their_place()
    {
        var swaps = new BlockSwaps(30, 199, 1);
        double[] trees = [.. Enumerable.Range(0, 30).Select(i => 5 + i % 3)], chains = [.. Enumerable.Range(0, 30).Select(i => 4 + i % 2 + i % 3)];
        var same = swaps.Difference(LeafMeasure.Reward, trees, [.. trees]);
        Assert.Equal((6.0, 6.0, 6.0, 6.0, 1.0), (same.Value, same.Sequential, same.Low, same.High, same.PValue));
        var different = swaps.Difference(LeafMeasure.Reward, trees, chains);               // 1 or 0 less, half of the trees each
        Assert.Equal((6.0, 5.5, 1 / 200.0), (different.Value, different.Sequential, different.PValue));
        Assert.InRange(different.Low, 5.1, 5.4);
        Assert.InRange(different.High, 5.6, 5.9);
        Assert.Equal(1 / 200.0, swaps.Difference(LeafMeasure.Reward, chains, trees).PValue);
        Assert.Equal(12 / 11.0, different.Share, 1e-12);

        // Of four signs, 10 in 16 give a sum of at least 2 from 0, on either side.
        var four = new BlockSwaps(4, 999, 1);
        Assert.Equal(0.625, four.Difference(LeafMeasure.Reward, [1, 1, 1, 0], [0, 0, 0, 1]).PValue, 0.06);
        Assert.Equal(0.625, four.Difference(LeafMeasure.Reward, [0, 0, 0, 1], [1, 1, 1, 0]).PValue, 0.06);
    }

    [Fact]
    public void Spread_inside_a_block_by_hand()
    {
        using var values = tensor(new double[,,] { { { 0, 0 }, { 2, 0 }, { 2, 4 } }, { { 1, 1 }, { 1, 1 }, { 1, 1 } } });
        var (distance, variance) = LeafSet.Inside(values);
        Assert.Equal((Math.Sqrt(2) + Math.Sqrt(8) + Math.Sqrt(10)) / 3, distance[0], 1e-12);
        Assert.Equal(((4 / 3.0) + (16 / 3.0)) / 2, variance[0], 1e-12);                    // per element
        Assert.Equal((0, 0), (distance[1], variance[1]));
    }
}
