namespace BranchGrpo.Kit;

/// <summary>Noise levels 1 ≥ σ₀ &gt; σ₁ &gt; … &gt; σ_T ≥ 0 of a denoising trajectory; step i goes from σ_i to σ_{i+1}. Any length and
/// spacing.</summary>
public sealed class NoiseSchedule : IEquatable<NoiseSchedule>
{
    private readonly double[] sigmas;

    /// <summary>A schedule from its own list of noise levels.</summary>
    /// <param name="sigmas">At least two levels, strictly descending, in [0, 1].</param>
    /// <exception cref="ArgumentException">The list is too short, leaves [0, 1] or does not descend.</exception>
    public NoiseSchedule(IEnumerable<double> sigmas)
    {
        this.sigmas = [.. sigmas];
        if (this.sigmas.Length < 2)
            throw new ArgumentException($"A noise schedule needs at least 2 levels (one step), got {this.sigmas.Length}.", nameof(sigmas));
        for (var i = 0; i < this.sigmas.Length; i++)
        {
            if (!(this.sigmas[i] is >= 0 and <= 1))
                throw new ArgumentException($"Noise level {i} must be in [0, 1], got {this.sigmas[i]}.", nameof(sigmas));
            if (i > 0 && this.sigmas[i] >= this.sigmas[i - 1])
                throw new ArgumentException($"Noise levels must descend, but level {i} is {this.sigmas[i]} after {this.sigmas[i - 1]}.", nameof(sigmas));
        }
    }

    /// <summary>σ = s·u / (1 + (s − 1)·u) with u evenly spaced from 1 to 0.</summary>
    /// <param name="steps">Number of steps T, at least 1.</param>
    /// <param name="shift">Time shift s &gt; 0; 1 leaves the spacing even, larger values spend more steps at high noise.</param>
    /// <remarks>Esser et al. 2024 (arXiv 2403.03206), resolution-dependent shift; DanceGRPO uses s = 3 on FLUX.</remarks>
    public static NoiseSchedule Shifted(int steps, double shift = 1)
    {
        Require.AtLeast(steps, 1);
        Require.Positive(shift);
        return new(Enumerable.Range(0, steps + 1).Select(i => 1 - (double)i / steps).Select(u => shift * u / (1 + (shift - 1) * u)));
    }

    /// <summary>Number of steps T.</summary>
    public int Steps => sigmas.Length - 1;

    /// <summary>Noise level σ_i, i = 0 … T.</summary>
    public double this[int i] => sigmas[i];

    /// <summary>All T + 1 levels.</summary>
    public ReadOnlySpan<double> Sigmas => sigmas;

    /// <summary>The integer time ⌊1000·σ_i⌋ that published trainers hand to the network.</summary>
    public int Timestep(int i) => (int)(sigmas[i] * 1000);

    /// <summary>The same levels up to <paramref name="first"/>, then only every <paramref name="stride"/>-th one, and the last.</summary>
    /// <param name="first">Index of the first level of the tail, which is kept.</param>
    /// <param name="stride">1 keeps every step.</param>
    public NoiseSchedule WithCoarseTail(int first, int stride)
    {
        Require.AtLeast(stride, 1);
        return new(sigmas.Where((_, i) => i <= first || i == Steps || (i - first) % stride == 0));
    }

    /// <summary>Two schedules are equal when all their levels are.</summary>
    public bool Equals(NoiseSchedule? other) => other is not null && sigmas.AsSpan().SequenceEqual(other.sigmas);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NoiseSchedule);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(sigmas.Length, sigmas[0], sigmas[^1], sigmas[sigmas.Length / 2]);
}
