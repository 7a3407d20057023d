namespace BranchGrpo.Kit.Models.Schedules;

/// <summary>How a dynamic shift bends the noise levels.</summary>
public enum ShiftLaw
{
    /// <summary>σ' = e^μ / (e^μ + 1/σ − 1).</summary>
    Exponential,

    /// <summary>σ' = μ / (μ + 1/σ − 1).</summary>
    Linear,
}

/// <summary>A shift that grows with the picture: μ is a line through (<see cref="BaseTokens"/>, <see cref="BaseShift"/>) and
/// (<see cref="MaxTokens"/>, <see cref="MaxShift"/>), and goes on outside of it.</summary>
/// <remarks>The keys base_shift, max_shift, base_image_seq_len, max_image_seq_len and time_shift_type of a scheduler_config.json; FLUX.1-dev's
/// are the defaults.</remarks>
public sealed record DynamicShift
{
    /// <summary>μ at <see cref="BaseTokens"/>.</summary>
    public double BaseShift { get; init; } = 0.5;

    /// <summary>μ at <see cref="MaxTokens"/>.</summary>
    public double MaxShift { get; init; } = 1.15;

    /// <summary>Number of picture tokens of the smaller size.</summary>
    public long BaseTokens { get; init; } = 256;

    /// <summary>Number of picture tokens of the larger size.</summary>
    public long MaxTokens { get; init; } = 4096;

    /// <summary>What is done with μ.</summary>
    public ShiftLaw Law { get; init; } = ShiftLaw.Exponential;

    /// <summary>μ of a picture of so many tokens (2×2 latent pixels each).</summary>
    public double Mu(long tokens)
    {
        var slope = (MaxShift - BaseShift) / (MaxTokens - BaseTokens);
        return tokens * slope + (BaseShift - slope * BaseTokens);
    }

    /// <summary>σ' of one level, in float32 as published.</summary>
    internal float Of(float sigma, double mu)
    {
        var strength = (float)(Law == ShiftLaw.Exponential ? Math.Exp(mu) : mu);
        return strength / (strength + (1 / sigma - 1));
    }
}
