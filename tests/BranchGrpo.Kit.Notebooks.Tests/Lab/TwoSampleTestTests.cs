using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks.Tests;

public class TwoSampleTestTests
{
    [Fact]
    public void The_statistic_is_the_unbiased_estimate()
    {
        using Tensor x = tensor(new double[,] { { 0 }, { 1 } }), y = tensor(new double[,] { { 3 }, { 5 }, { 6 } });
        var test = TwoSampleTest.Mmd(x, y, permutations: 1);

        double K(double a, double b) => Math.Exp(-(a - b) * (a - b) / (2 * test.Bandwidth * test.Bandwidth));
        var within = K(0, 1) + ((K(3, 5) + K(3, 6) + K(5, 6)) / 3);
        var between = (K(0, 3) + K(0, 5) + K(0, 6) + K(1, 3) + K(1, 5) + K(1, 6)) / 6;
        Assert.Equal(within - (2 * between), test.Statistic, 1e-12);
        Assert.Equal(3, test.Bandwidth);                                           // distances 1 1 2 2 3 3 4 5 5 6; torch takes the lower middle
    }

    [Fact]
    public void Equal_laws_give_every_p_value_alike_often()
    {
        using var generator = new Generator(7);
        var values = Enumerable.Range(1, 60).Select(seed =>
        {
            using Tensor x = randn([12, 3], generator: generator), y = randn([20, 3], generator: generator);
            return TwoSampleTest.Mmd(x, y, permutations: 99, (ulong)seed).PValue;
        }).ToArray();
        Assert.InRange(values.Count(p => p <= 0.1), 1, 14);                        // 6 expected
        Assert.InRange(values.Average(), 0.38, 0.62);
    }

    [Fact]
    public void Another_spread_of_equal_mean_is_seen()
    {
        using var generator = new Generator(8);
        using Tensor x = randn([40, 2], generator: generator), y = randn([40, 2], generator: generator).mul(3);
        var test = TwoSampleTest.Mmd(x, y, permutations: 199);
        Assert.Equal(1 / 200.0, test.PValue, 1e-12);
        Assert.All(test.Permuted, s => Assert.True(s < test.Statistic));
    }

    [Fact]
    public void One_draw_is_no_sample()
    {
        using Tensor one = zeros(1, 2), two = zeros(2, 2);
        Assert.Throws<ArgumentException>(() => TwoSampleTest.Mmd(one, two));
    }
}
