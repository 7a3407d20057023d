using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tasks;

/// <summary>Draws latents from a policy along the probability-flow ODE.</summary>
public static class ImageSampler
{
    /// <summary>x ← x + (σ' − σ)·v(x, σ) from noise that depends on the seed and on a picture's own number alone, never on its neighbours.</summary>
    /// <param name="policy">Any flow policy.</param>
    /// <param name="prompts">Length B.</param>
    /// <param name="schedule">Noise levels.</param>
    /// <param name="seed">Seed of the noise.</param>
    /// <param name="microBatch">Latents per policy call.</param>
    /// <param name="first">Number of the first picture.</param>
    /// <returns>Shape [B, …latent]; the caller owns it.</returns>
    public static Tensor Sample(FlowPolicy policy, IReadOnlyList<string> prompts, NoiseSchedule schedule, ulong seed, int microBatch = 1, int first = 0)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var conditioning = policy.Encode(prompts);
        var noise = SeededNoise.For(seed, 0);
        var parts = new List<Tensor>();
        foreach (var rows in Enumerable.Range(0, prompts.Count).Chunk(Math.Max(1, microBatch)))
        {
            using var index = tensor(Array.ConvertAll(rows, i => (long)i));
            using var chosen = conditioning.Select(index);
            using var drawn = stack([.. rows.Select(i => noise(new(first + i, 0, 0, NoisePurpose.Root), [.. policy.LatentShape]))], 0);     // [b, …]
            parts.Add(Dynamics.FollowOde(policy, drawn.to(policy.Dtype, policy.Device), schedule, chosen));
        }
        return cat(parts, 0).MoveToOuterDisposeScope();                                              // [B, …]
    }
}
