namespace BranchGrpo.Kit.Notebooks;

/// <summary>How a training run uses memory. Neither number changes the law or the draws of a run: the micro-batch changes how sums are rounded, the
/// forward memory nothing but seconds.</summary>
/// <param name="MicroBatch">Latents per policy call.</param>
/// <param name="ForwardMemory">Bytes for policy calls of the rollout that are kept for the first update.</param>
public sealed record TrainingMemory(int MicroBatch, long ForwardMemory)
{
    /// <summary>Latents per policy call where memory does not limit them: machines with enough of it give equal results.</summary>
    public const int LargestMicroBatch = 64;

    // Of what is available; the rest is left to the tree, the rewards, the allocator and other programs.
    private const int Share = 4;

    /// <summary>A micro-batch whose activations fit a quarter of the memory, 64 at most, and what is left of the quarter for kept forward
    /// passes.</summary>
    /// <param name="activationBytes">Of one latent, <see cref="FlowPolicy.ActivationBytes"/>; where it is 0 nobody knows, and nothing is kept.</param>
    /// <param name="available">Bytes that this process may use.</param>
    /// <param name="microBatch">At least 1: a micro-batch of the user's own; chosen if null.</param>
    public static TrainingMemory Of(long activationBytes, long available, int? microBatch = null)
    {
        if (microBatch < 1) throw new ArgumentOutOfRangeException(nameof(microBatch), microBatch, "must be at least 1");
        if (activationBytes <= 0) return new(microBatch ?? LargestMicroBatch, 0);
        var quarter = Math.Max(0, available / Share);
        var latents = microBatch ?? (int)Math.Clamp(quarter / activationBytes, 1, LargestMicroBatch);
        return new(latents, Math.Max(0, quarter - latents * activationBytes));
    }
}
