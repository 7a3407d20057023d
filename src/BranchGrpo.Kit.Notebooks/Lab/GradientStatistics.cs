using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Signal and noise of gradients of different trees: only their sum and their squared norms are kept.</summary>
/// <remarks>See <see cref="GradientMoments"/>.</remarks>
public sealed class GradientStatistics : IDisposable
{
    private Tensor? sum;
    private double squares;

    /// <summary>Number of gradients n.</summary>
    public int Count { get; private set; }

    private GradientMoments Moments => new(Count, sum is null ? 0 : GradientProbe.Dot(sum, sum), squares);

    /// <summary>Takes in the gradient of one more tree.</summary>
    /// <param name="gradient">Shape [P]; borrowed.</param>
    public void Add(Tensor gradient)
    {
        squares += GradientProbe.Dot(gradient, gradient);
        Count++;
        if (sum is null) sum = gradient.clone().DetachFromDisposeScope();
        else sum.add_(gradient);
    }

    /// <summary>Mean of ‖g‖².</summary>
    public double MeanSquaredNorm => Moments.MeanSquaredNorm;

    /// <summary>‖E g‖², estimated as the mean of g_i·g_j over i ≠ j. May be below 0 where the signal drowns. NaN for one gradient.</summary>
    public double Signal => Moments.Signal;

    /// <summary>tr Cov g: the sum over parameters of the variance of the gradient (n − 1).</summary>
    public double Variance => Moments.Variance;

    /// <summary>‖E g‖² / tr Cov g of the gradient of one tree. The mean over m trees has m times as much.</summary>
    public double SignalToNoise => Moments.SignalToNoise;

    /// <summary>The mean gradient; the caller owns it. Shape [P].</summary>
    /// <exception cref="InvalidOperationException">Nothing was added.</exception>
    public Tensor Mean() => sum is null ? throw new InvalidOperationException("No gradient was added.") : sum / Count;

    /// <summary>Frees the sum.</summary>
    public void Dispose() => sum?.Dispose();
}
