using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>One denoising step as x' = <paramref name="Latent"/>·x + <paramref name="Velocity"/>·v + <paramref name="Std"/>·ξ, ξ ~ N(0, I).</summary>
/// <param name="Latent">Factor of the current latent.</param>
/// <param name="Velocity">Factor of the predicted velocity.</param>
/// <param name="Std">Standard deviation per element, latent units; 0 for a deterministic step.</param>
public readonly record struct StepCoefficients(double Latent, double Velocity, double Std)
{
    /// <summary>The Gaussian of the next latent, p(x' | x).</summary>
    /// <param name="latents">Current latents. Shape [B, …].</param>
    /// <param name="velocity">Predicted velocity. Shape [B, …].</param>
    public GaussianTransition Transition(Tensor latents, Tensor velocity) =>
        new(latents.mul(Scalars.Of(Latent)).add_(velocity, alpha: Scalars.Of(Velocity)), Std);
}

/// <summary>How a stochastic step of a rectified flow moves from σ to σ' &lt; σ. Every rule is affine in (x, v), so a rule is three numbers per
/// step.</summary>
/// <remarks>With x₀ = x − σv and x₁ = x + (1 − σ)v; Δ = σ' − σ &lt; 0. The probability-flow ODE is x + Δ·v for all of them.</remarks>
public abstract record Dynamics
{
    private Dynamics() { }

    /// <summary>The coefficients of step <paramref name="step"/>.</summary>
    public abstract StepCoefficients Stochastic(NoiseSchedule schedule, int step);

    /// <summary>The probability-flow ODE step, x' = x + Δ·v.</summary>
    public static StepCoefficients Ode(NoiseSchedule schedule, int step) => new(1, schedule[step + 1] - schedule[step], 0);

    /// <summary>Follows the probability-flow ODE through a whole schedule, one policy call per step, without gradient.</summary>
    /// <param name="policy">Borrowed.</param>
    /// <param name="latents">Borrowed. Shape [B, …latent].</param>
    /// <param name="schedule">Noise levels, first to last.</param>
    /// <param name="conditioning">One row per latent; borrowed.</param>
    /// <returns>Shape [B, …latent]; the caller owns it.</returns>
    public static Tensor FollowOde(FlowPolicy policy, Tensor latents, NoiseSchedule schedule, Conditioning conditioning)
    {
        using var quiet = no_grad();
        var current = latents.alias();
        for (var i = 0; i < schedule.Steps; i++)
        {
            using var scope = NewDisposeScope();
            var next = Ode(schedule, i).Transition(current, policy.Velocity(current, schedule[i], conditioning)).Mean.MoveToOuterDisposeScope();
            current.Dispose();
            current = next;
        }
        return current;
    }

    /// <summary>Constant noise η per unit of √time: mean = x + Δv + ½η²Δ·(x − (1 − σ)x₀)/σ², std = η√(−Δ).</summary>
    /// <param name="Eta">Noise level η &gt; 0; 0.3 on FLUX.</param>
    /// <remarks>DanceGRPO, arXiv 2505.07818; used by BranchGRPO, arXiv 2509.06040.</remarks>
    public sealed record DanceSde(double Eta) : Dynamics
    {
        /// <summary>Noise level η.</summary>
        public double Eta { get; init => field = Require.Positive(value); } = Require.Positive(Eta);

        /// <inheritdoc/>
        public override StepCoefficients Stochastic(NoiseSchedule schedule, int step) => Sde(schedule, step, Eta);
    }

    /// <summary>Noise that grows with the noise-to-signal ratio: a = η√(σ/(1 − σ*)), otherwise as <see cref="DanceSde"/> with a for η.</summary>
    /// <param name="Eta">Noise level η &gt; 0; 0.7 on SD3.5.</param>
    /// <remarks>Flow-GRPO, arXiv 2505.05470. σ* = σ, but σ₁ where σ is exactly 1.</remarks>
    public sealed record FlowSde(double Eta) : Dynamics
    {
        /// <summary>Noise level η.</summary>
        public double Eta { get; init => field = Require.Positive(value); } = Require.Positive(Eta);

        /// <inheritdoc/>
        public override StepCoefficients Stochastic(NoiseSchedule schedule, int step)
        {
            var sigma = schedule[step];
            return Sde(schedule, step, Eta * Math.Sqrt(sigma / (1 - (sigma == 1 ? schedule[1] : sigma))));
        }
    }

    /// <summary>Coefficient-preserving step: mean = x₀(1 − σ') + x₁√(σ'² − q²), std q = σ'·sin(η·π/2): the total noise stays σ'.</summary>
    /// <param name="Eta">Share of the noise that is drawn anew, in (0, 1].</param>
    /// <remarks>Flow-CPS, arXiv 2509.05952. The published score lacks 1/(2q²) and the constants; the kit always scores with the full Gaussian
    /// density.</remarks>
    public sealed record Cps(double Eta) : Dynamics
    {
        /// <summary>Share of the noise that is drawn anew.</summary>
        public double Eta { get; init => field = Require.Fraction(value); } = Require.Fraction(Eta);

        /// <inheritdoc/>
        public override StepCoefficients Stochastic(NoiseSchedule schedule, int step)
        {
            var (sigma, next) = (schedule[step], schedule[step + 1]);
            var std = next * Math.Sin(Eta * Math.PI / 2);
            var kept = Math.Sqrt(Math.Max(0, next * next - std * std));
            return new(1 - next + kept, (1 - sigma) * kept - sigma * (1 - next), std);
        }
    }

    // The score of the flow is −(x − (1 − σ)x₀)/σ² = −(x + (1 − σ)v)/σ, which makes the drift affine in x and v.
    private static StepCoefficients Sde(NoiseSchedule schedule, int step, double noise)
    {
        var sigma = schedule[step];
        var delta = schedule[step + 1] - sigma;
        var drift = 0.5 * noise * noise * delta / sigma;
        return new(1 + drift, delta + drift * (1 - sigma), noise * Math.Sqrt(-delta));
    }
}
