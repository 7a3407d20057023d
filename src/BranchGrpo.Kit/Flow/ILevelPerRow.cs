using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>A policy whose rows may each have a noise level of their own, so that an update can train small steps of a tree in one call.</summary>
public interface ILevelPerRow
{
    /// <summary>Predicted velocity v(x, σ), as <see cref="FlowPolicy.Velocity"/>.</summary>
    /// <param name="latents">Noisy latents. Shape [B, …latent].</param>
    /// <param name="sigma">Noise level of each row, in [0, 1]. Shape [B], of the latents' type.</param>
    /// <param name="conditioning">One row per latent.</param>
    /// <returns>Shape [B, …latent]; the caller owns it.</returns>
    Tensor VelocityPerRow(Tensor latents, Tensor sigma, Conditioning conditioning);
}
