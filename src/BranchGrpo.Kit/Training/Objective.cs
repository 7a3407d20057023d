namespace BranchGrpo.Kit;

/// <summary>How the probability ratio of an edge is formed.</summary>
public enum RatioKind
{
    /// <summary>ρ = exp(log π − log π_old).</summary>
    Plain,

    /// <summary>GRPO-Guard: ρ = exp((log π − log π_old)·std + ‖mean − mean_old‖²/(2·std)), which centres the log-ratio at 0 and gives every step the
    /// same spread.</summary>
    Guarded,
}

/// <summary>What is maximised over edges e: Σ_e w_e·min(ρ_e A_e, clip(ρ_e, 1 − ε, 1 + ε)·A_e) − β·KL_e.</summary>
/// <remarks>BranchGRPO, arXiv 2509.06040v5, Eq. 5 (β = 0); KL as in Flow-GRPO, arXiv 2505.05470; guarded ratio: GRPO-Guard, arXiv
/// 2510.22319.</remarks>
public sealed record Objective
{
    /// <summary>Clip range ε &gt; 0. Sized for the log-probability's reduction: 1e-3 … 1e-4 with the mean over elements.</summary>
    public double ClipRange { get; init => field = Require.Positive(value); } = 1e-3;

    /// <summary>Weight β of the KL divergence to the reference policy; 0 needs no reference.</summary>
    public double KlCoefficient { get; init => field = Require.NotNegative(value); }

    /// <summary>How ratios are formed.</summary>
    public RatioKind Ratio { get; init; } = RatioKind.Plain;

    /// <summary>How log-densities and KL are reduced over the elements of a latent.</summary>
    public Reduction Reduction { get; init; } = Reduction.Mean;
}
