using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes;

/// <summary>Draws pictures from a policy along the probability-flow ODE.</summary>
public static class ShapesSampler
{
    /// <summary>Latents from noise of a seed.</summary>
    /// <param name="policy">Any flow policy.</param>
    /// <param name="prompts">Length B.</param>
    /// <param name="steps">Euler steps from σ = 1 to 0, equally spaced.</param>
    /// <param name="seed">Seed of the noise.</param>
    /// <returns>Shape [B, …latent]; the caller owns it.</returns>
    public static Tensor Sample(FlowPolicy policy, IReadOnlyList<string> prompts, int steps, ulong seed)
    {
        using var generator = new Generator(seed);
        using var noise = randn([prompts.Count, .. policy.LatentShape], generator: generator); // [B, …latent]
        return Sample(policy, prompts, steps, noise);
    }

    /// <summary>Latents from given noise: x ← x + (σ' − σ)·v(x, σ).</summary>
    /// <param name="policy">Any flow policy.</param>
    /// <param name="prompts">Length B.</param>
    /// <param name="steps">Euler steps from σ = 1 to 0, equally spaced.</param>
    /// <param name="noise">Borrowed. Shape [B, …latent].</param>
    /// <returns>Shape [B, …latent]; the caller owns it.</returns>
    public static Tensor Sample(FlowPolicy policy, IReadOnlyList<string> prompts, int steps, Tensor noise)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var conditioning = policy.Encode(prompts);
        var latents = noise.to(policy.Dtype).to(policy.Device);
        return Dynamics.FollowOde(policy, latents, NoiseSchedule.Shifted(steps), conditioning).MoveToOuterDisposeScope();
    }
}
