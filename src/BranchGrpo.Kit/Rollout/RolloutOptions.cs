namespace BranchGrpo.Kit;

/// <summary>Settings of a rollout that change neither its law nor its draws.</summary>
public sealed record RolloutOptions
{
    /// <summary>Latents per policy call.</summary>
    public int MicroBatch { get; init => field = Require.AtLeast(value, 1); } = 64;

    /// <summary>How log-probabilities are reduced over the elements of a latent.</summary>
    public Reduction Reduction { get; init; } = Reduction.Mean;

    /// <summary>Keep the means of the stochastic steps, which the guarded ratio needs.</summary>
    public bool KeepMeans { get; init; }

    /// <summary>Denoising steps whose policy calls are kept with their graphs for the first update.</summary>
    internal IReadOnlySet<int> KeepForwards { get; init; } = new HashSet<int>();
}

/// <summary>Cuts a range into batches.</summary>
internal static class Batches
{
    public static IEnumerable<(int Start, int Count)> Of(int total, int size)
    {
        for (var start = 0; start < total; start += size) yield return (start, Math.Min(size, total - start));
    }
}
