using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Vae;

/// <summary>What the encoder says of a latent: z ~ N(mean, exp(log variance)).</summary>
/// <param name="Mean">Shape [B, L, h, w].</param>
/// <param name="LogVariance">Clamped to [−30, 20]. The same shape.</param>
internal readonly record struct LatentGaussian(Tensor Mean, Tensor LogVariance)
{
    /// <summary>Splits the moments of <see cref="Autoencoder.Encode"/>.</summary>
    /// <param name="moments">Shape [B, 2L, h, w].</param>
    public static LatentGaussian Of(Tensor moments)
    {
        var half = moments.shape[1] / 2;
        return new(moments.narrow(1, 0, half), moments.narrow(1, half, half).clamp(Scalars.Of(-30), Scalars.Of(20)));
    }

    /// <summary>mean + exp(½·log variance)·noise.</summary>
    /// <param name="noise">Standard normal. Shape [B, L, h, w].</param>
    public Tensor Sample(Tensor noise)
    {
        using var scope = NewDisposeScope();
        return LogVariance.mul(Scalars.Of(0.5)).exp().mul(noise).add(Mean).MoveToOuterDisposeScope();
    }
}
