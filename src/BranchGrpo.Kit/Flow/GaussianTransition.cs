using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>How a log-density over the elements of a latent becomes one number.</summary>
public enum Reduction
{
    /// <summary>Average over elements: what published trainers use; clip ranges of 1e-3 … 1e-4 are sized for it.</summary>
    Mean,

    /// <summary>Sum over elements: the log-density itself.</summary>
    Sum,
}

/// <summary>The Gaussian p(x' | x) = N(mean, std²·I) of one denoising step. Sampling and scoring share the one <paramref name="Std"/>.</summary>
/// <param name="Mean">Shape [B, …]; borrowed.</param>
/// <param name="Std">Standard deviation per element, latent units; 0 for a deterministic step.</param>
public readonly record struct GaussianTransition(Tensor Mean, double Std)
{
    /// <summary>K next latents per row, mean + std·noise; children of one row are neighbours.</summary>
    /// <param name="noise">Shape [B·K, …], standard normal.</param>
    /// <returns>Shape [B·K, …].</returns>
    public Tensor Sample(Tensor noise)
    {
        using var scope = NewDisposeScope();
        return noise.mul(Scalars.Of(Std)).add_(PerChild(noise)).MoveToOuterDisposeScope();                     // [B·K, …]
    }

    /// <summary>log p(x' | x) per element −(x' − mean)²/(2std²) − ln std − ½ ln 2π, averaged or summed over the elements.</summary>
    /// <param name="next">Next latents exactly as stored, K per row. Shape [B·K, …].</param>
    /// <param name="reduction">Mean or sum over elements.</param>
    /// <returns>Shape [B·K].</returns>
    /// <exception cref="InvalidOperationException">The step is deterministic: it has no density.</exception>
    public Tensor LogProb(Tensor next, Reduction reduction)
    {
        if (Std <= 0) throw new InvalidOperationException("A deterministic step has no density; only stochastic edges can be scored.");
        using var scope = NewDisposeScope();
        var squares = next.sub(PerChild(next)).square().flatten(1);                               // [B·K, D]
        var constant = -Math.Log(Std) - 0.5 * Math.Log(2 * Math.PI);
        var logDensity = reduction == Reduction.Mean
            ? squares.mean([1]).mul(Scalars.Of(-0.5 / (Std * Std))).add(Scalars.Of(constant))
            : squares.sum(1).mul(Scalars.Of(-0.5 / (Std * Std))).add(Scalars.Of(constant * squares.shape[1]));
        return logDensity.MoveToOuterDisposeScope();                                               // [B·K]
    }

    private Tensor PerChild(Tensor children)
    {
        var perRow = children.shape[0] / Mean.shape[0];
        return perRow == 1 ? Mean : Mean.repeat_interleave(perRow, 0);                             // [B·K, …]
    }
}
