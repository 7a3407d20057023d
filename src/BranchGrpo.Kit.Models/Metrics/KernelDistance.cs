using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Metrics;

/// <summary>Squared maximum mean discrepancy E k(x, x′) + E k(y, y′) − 2 E k(x, y) of two sets of features, in double.</summary>
/// <param name="Unbiased">Without the pairs of a feature with itself: divided by N(N − 1) and M(M − 1). May be negative.</param>
/// <param name="Biased">With them: divided by N² and M². Never negative.</param>
public sealed record KernelDistance(double Unbiased, double Biased)
{
    private const double UnitSigma = 10, UnitScale = 1000;

    /// <summary>Kernel Inception distance: k(x, y) = (x·y/D + 1)³.</summary>
    /// <param name="first">Shape [N ≥ 2, D]; borrowed.</param>
    /// <param name="second">Shape [M ≥ 2, D]; borrowed.</param>
    public static KernelDistance Polynomial(Tensor first, Tensor second) => Between(first, second, Cubic);

    /// <summary>The unbiased polynomial distance on subsets, whose mean and spread are usually reported.</summary>
    /// <param name="first">Shape [N, D]; borrowed.</param>
    /// <param name="second">Shape [M, D]; borrowed.</param>
    /// <param name="subsets">Rows of the first and of the second set for each subset, at least 2 each.</param>
    /// <returns>One distance per subset.</returns>
    public static double[] PolynomialOnSubsets(Tensor first, Tensor second, IEnumerable<(long[] First, long[] Second)> subsets)
    {
        var values = new List<double>();
        foreach (var (a, b) in subsets)
        {
            using var scope = NewDisposeScope();
            values.Add(Polynomial(first.index_select(0, tensor(a, device: first.device)), second.index_select(0, tensor(b, device: second.device))).Unbiased);
        }
        return [.. values];
    }

    /// <summary>k(x, y) = exp(−|x − y|²/(2σ²)).</summary>
    /// <param name="first">Shape [N ≥ 2, D]; borrowed.</param>
    /// <param name="second">Shape [M ≥ 2, D]; borrowed.</param>
    /// <param name="sigma">σ, units of the features, above 0. See <see cref="MedianDistance"/>.</param>
    public static KernelDistance Gaussian(Tensor first, Tensor second, double sigma)
    {
        if (!(sigma > 0)) throw new ArgumentOutOfRangeException(nameof(sigma), sigma, "must be above 0");
        return Between(first, second, (x, y) => FeatureSet.SquaredDistances(x, y).mul_(Scalars.Of(-0.5 / (sigma * sigma))).exp_());
    }

    /// <summary>CMMD (arXiv 2401.09603): the biased Gaussian distance of unit vectors with σ = 10, times 1000.</summary>
    /// <param name="first">Shape [N ≥ 2, D]; borrowed.</param>
    /// <param name="second">Shape [M ≥ 2, D]; borrowed.</param>
    public static double Cmmd(Tensor first, Tensor second)
    {
        using var scope = NewDisposeScope();
        Tensor x = FeatureSet.UnitRows(FeatureSet.Check(first, nameof(first), 2), nameof(first));
        Tensor y = FeatureSet.UnitRows(FeatureSet.Check(second, nameof(second), 2), nameof(second));
        return UnitScale * Gaussian(x, y, UnitSigma).Biased;
    }

    /// <summary>Median of the distances of all pairs of the pooled set, a usual σ; of an even number the mean of the two middle ones.</summary>
    /// <param name="first">Shape [N, D]; borrowed.</param>
    /// <param name="second">Shape [M, D]; borrowed.</param>
    public static double MedianDistance(Tensor first, Tensor second)
    {
        using var scope = NewDisposeScope();
        Tensor x = FeatureSet.Check(first, nameof(first), 1), y = FeatureSet.Check(second, nameof(second), 1);
        FeatureSet.SameWidth(x, y);
        var pooled = cat([x, y]).cpu();                                                                          // [N + M, D]
        var count = (int)pooled.shape[0];
        var distances = new double[checked(count * (count - 1) / 2)];
        var (row, at) = (0, 0);
        foreach (var block in FeatureSet.Blocks(pooled, pooled, FeatureSet.SquaredDistances))
        {
            var squares = block.data<double>().ToArray();
            for (var i = 0; i < block.shape[0]; i++, row++)
                for (var j = row + 1; j < count; j++) distances[at++] = Math.Sqrt(squares[i * count + j]);
        }
        Array.Sort(distances);
        return (distances[(distances.Length - 1) / 2] + distances[distances.Length / 2]) / 2;
    }

    private static KernelDistance Between(Tensor first, Tensor second, Func<Tensor, Tensor, Tensor> kernel)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        Tensor x = FeatureSet.Check(first, nameof(first), 2), y = FeatureSet.Check(second, nameof(second), 2);
        FeatureSet.SameWidth(x, y);
        double n = x.shape[0], m = y.shape[0], cross = 2 * Sum(x, y, kernel) / (n * m);
        var (allX, allY) = (Sum(x, x, kernel), Sum(y, y, kernel));
        var (othersX, othersY) = (allX - Diagonal(x, kernel), allY - Diagonal(y, kernel));
        return new KernelDistance(othersX / (n * (n - 1)) + othersY / (m * (m - 1)) - cross, allX / (n * n) + allY / (m * m) - cross);
    }

    private static double Sum(Tensor x, Tensor y, Func<Tensor, Tensor, Tensor> kernel) => FeatureSet.Blocks(x, y, kernel).Sum(b => b.sum().item<double>());

    private static double Diagonal(Tensor x, Func<Tensor, Tensor, Tensor> kernel)
    {
        using var scope = NewDisposeScope();
        return Enumerable.Range(0, (int)x.shape[0]).Sum(i => kernel(x.narrow(0, i, 1), x.narrow(0, i, 1)).item<double>());
    }

    private static Tensor Cubic(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        var k = Ops.MatMul(x, y.transpose(0, 1)).div(Scalars.Of(x.shape[1])).add(Scalars.Of(1));                 // [N, M]
        return (k * k * k).MoveToOuterDisposeScope();
    }
}
