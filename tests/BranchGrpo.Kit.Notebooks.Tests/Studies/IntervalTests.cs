namespace BranchGrpo.Kit.Notebooks.Tests;

public sealed class IntervalTests
{
    // Hours of sleep gained by ten patients with two drugs: Student, "The probable error of a mean" (1908); the interval is R's t.test(…, paired = TRUE).
    private static readonly double[]
        first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0], second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

    [Fact]
    public void Students_own_sample_has_its_published_interval()
    {
        var effect = PairedEffect.Difference(BySeed(second), BySeed(first))!;
        Assert.Equal(1.58, effect.Mean, 1e-12);
        Assert.Equal(0.7001142, effect.Interval!.Value.Low, 1e-6);
        Assert.Equal(2.4598858, effect.Interval!.Value.High, 1e-6);
        Assert.Equal(10, effect.Pairs);
    }

    [Fact]
    public void The_interval_of_two_values_has_the_width_of_one_degree_of_freedom()
    {
        var interval = ConfidenceInterval.Student([1, 3])!.Value;              // s/√2 = 1, t(0.975; 1) = 12.7062
        Assert.Equal(2 - 12.7062, interval.Low, 1e-4);
        Assert.Equal(12.7062, interval.HalfWidth, 1e-4);
        Assert.Null(ConfidenceInterval.Student([1]));
        Assert.Null(ConfidenceInterval.Bootstrap([1]));
        Assert.Equal("[-10.706, +14.706]", interval.ToString());
    }

    [Fact]
    public void An_interval_takes_a_side_only_when_all_of_it_does()
    {
        Assert.Equal(0, ConfidenceInterval.Student([0.30, -0.01])!.Value.Side());     // larger on the mean, seeds disagree
        Assert.Equal(1, ConfidenceInterval.Student([0.10, 0.09])!.Value.Side());      // 0.095 ± 0.064
        Assert.Equal(-1, ConfidenceInterval.Student([-0.10, -0.09])!.Value.Side());
        Assert.Equal(0, ConfidenceInterval.Student([0.10, 0.09])!.Value.Side(0.1));
        Assert.Equal(-1, ConfidenceInterval.Student([0.10, 0.09])!.Value.Side(0.2));
    }

    [Fact]
    public void The_bootstrap_agrees_with_t_on_many_normal_values_and_is_a_function_of_its_seed()
    {
        var values = Normal(80, 7);
        var (t, bootstrap) = (ConfidenceInterval.Student(values)!.Value, ConfidenceInterval.Bootstrap(values)!.Value);
        Assert.InRange(bootstrap.HalfWidth / t.HalfWidth, 0.93, 1.03);
        Assert.Equal(t.Low, bootstrap.Low, 0.1 * t.HalfWidth);
        Assert.Equal(t.High, bootstrap.High, 0.1 * t.HalfWidth);
        Assert.Equal(bootstrap, ConfidenceInterval.Bootstrap(values));
        Assert.NotEqual(bootstrap, ConfidenceInterval.Bootstrap(values, seed: 2));
    }

    [Fact]
    public void T_covers_the_mean_95_times_in_100_with_few_seeds_and_the_bootstrap_does_not()
    {
        var samples = Enumerable.Range(0, 4000).Select(i => Normal(5, (ulong)i)).ToArray();
        Assert.InRange(Coverage(samples, s => ConfidenceInterval.Student(s)), 0.94, 0.96);
        Assert.InRange(Coverage(samples[..300], s => ConfidenceInterval.Bootstrap(s)), 0.75, 0.9);

        static double Coverage(double[][] samples, Func<double[], ConfidenceInterval?> interval) =>
            samples.Average(s => interval(s) is { Low: < 0, High: > 0 } ? 1 : 0.0);
    }

    [Fact]
    public void What_a_seed_does_to_both_cancels()
    {
        double[] seedEffects = [0, 5, -3, 9, 1], noise = [0.01, -0.02, 0.015, 0, -0.005];
        var a = BySeed([.. seedEffects.Zip(noise, (s, e) => s + e + 0.1)]);
        var effect = PairedEffect.Difference(a, BySeed(seedEffects))!;
        Assert.Equal(0.1, effect.Mean, 1e-12);
        Assert.InRange(effect.Interval!.Value.HalfWidth, 0.001, 0.03);         // unpaired: about 5
        Assert.True(effect.Bootstrap!.Value.Low >= effect.Interval.Value.Low && effect.Bootstrap.Value.High <= effect.Interval.Value.High);
    }

    [Fact]
    public void Seeds_pair_by_number_and_only_common_ones_count()
    {
        var effect = PairedEffect.Difference(
            new Dictionary<ulong, double> { [3] = 30, [1] = 11, [7] = 100 }, new Dictionary<ulong, double> { [1] = 10, [2] = 0, [3] = 28 })!;
        Assert.Equal((1.5, 2), (effect.Mean, effect.Pairs));
        var one = PairedEffect.Difference(new Dictionary<ulong, double> { [1] = 2 }, new Dictionary<ulong, double> { [1] = 1, [2] = 9 })!;
        Assert.Equal((1.0, 1), (one.Mean, one.Pairs));
        Assert.Null(one.Interval);
        Assert.Null(PairedEffect.Difference(new Dictionary<ulong, double> { [1] = 2 }, new Dictionary<ulong, double> { [2] = 1 }));
    }

    [Fact]
    public void Superiority_counts_all_pairs_and_half_of_ties()
    {
        var effect = PairedEffect.Difference(BySeed([1, 2, 3]), BySeed([2, 2, 5]))!;
        Assert.Equal(3 / 9.0, effect.Superiority, 1e-12);                      // 3 > 2 twice, 2 = 2 twice
        Assert.Equal(1, PairedEffect.Difference(BySeed([9, 8]), new Dictionary<ulong, double> { [0] = 1, [5] = 2, [6] = 3 })!.Superiority);
    }

    [Fact]
    public void Ratios_are_averaged_as_logarithms()
    {
        var (effect, inverse) = (PairedEffect.Ratio(BySeed([2, 8]), BySeed([1, 1]))!, PairedEffect.Ratio(BySeed([1, 1]), BySeed([2, 8]))!);
        Assert.Equal(4, effect.Mean, 1e-12);
        Assert.Equal(Math.Exp(Math.Log(4) - (12.7062 * Math.Log(2))), effect.Interval!.Value.Low, 1e-6);       // log ratios ln 4 ± ln 2
        Assert.Equal(1 / effect.Interval.Value.High, inverse.Interval!.Value.Low, 1e-9);
        Assert.Equal((1.0, 0.0), (effect.Superiority, inverse.Superiority));
    }

    private static Dictionary<ulong, double> BySeed(double[] values) => values.Index().ToDictionary(v => (ulong)v.Index, v => v.Item);

    private static double[] Normal(int count, ulong seed) => [.. Enumerable.Range(0, count).Select(i =>
        MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, ((SeededNoise.Hash(seed, (ulong)i) >> 11) + 0.5) / (1UL << 53)))];
}
