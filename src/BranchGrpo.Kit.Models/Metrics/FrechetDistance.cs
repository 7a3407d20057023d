using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Metrics;

/// <summary>Fréchet distance of two sets of features as if both were normal: |m₁ − m₂|² + tr C₁ + tr C₂ − 2 tr (C₁C₂)^½ (FID with Inception features).
/// Covariances are divided by N − 1. The estimate falls with the number of samples: compare sets of equal sizes.</summary>
/// <param name="MeanTerm">|m₁ − m₂|².</param>
/// <param name="TraceFirst">tr C₁.</param>
/// <param name="TraceSecond">tr C₂.</param>
/// <param name="TraceRoot">tr (C₁C₂)^½.</param>
public sealed record FrechetDistance(double MeanTerm, double TraceFirst, double TraceSecond, double TraceRoot)
{
    /// <summary>The distance, squared units of the features.</summary>
    public double Value => MeanTerm + TraceFirst + TraceSecond - 2 * TraceRoot;

    /// <summary>Distance of two sets, in double.</summary>
    /// <param name="first">Shape [N ≥ 2, D]; borrowed.</param>
    /// <param name="second">Shape [M ≥ 2, D]; borrowed.</param>
    /// <remarks>C = RᵀR with R from the QR decomposition of the centred rows, so that tr (C₁C₂)^½ is the sum of the singular values of R₁R₂ᵀ. No
    /// covariance is squared or rooted, hence no noise where there are fewer samples than dimensions.</remarks>
    public static FrechetDistance Between(Tensor first, Tensor second)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        Tensor x = FeatureSet.Check(first, nameof(first), 2), y = FeatureSet.Check(second, nameof(second), 2);
        FeatureSet.SameWidth(x, y);
        Tensor meanOfX = x.mean([0]), meanOfY = y.mean([0]);                                                     // [D]
        Tensor rootOfX = Root(x, meanOfX), rootOfY = Root(y, meanOfY);                                           // [≤ D, D]
        var singular = linalg.svdvals(Ops.MatMul(rootOfX, rootOfY.transpose(0, 1)));
        return new FrechetDistance(Sum((meanOfX - meanOfY).square()), Sum(rootOfX.square()), Sum(rootOfY.square()), Sum(singular));
    }

    private static Tensor Root(Tensor x, Tensor mean)
    {
        var centred = (x - mean).div(Scalars.Of(Math.Sqrt(x.shape[0] - 1)));                                     // [N, D]
        return linalg.qr(centred, linalg.QRMode.R).R;
    }

    private static double Sum(Tensor x) => x.sum().item<double>();
}
