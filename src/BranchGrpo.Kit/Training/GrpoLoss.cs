using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>The terms of the objective per edge. Inputs are borrowed, results belong to the caller.</summary>
public static class GrpoLoss
{
    /// <summary>max(−ρA, −clip(ρ, 1 − ε, 1 + ε)·A), the pessimistic of the two.</summary>
    /// <param name="logRatio">log ρ, with gradient. Shape [E].</param>
    /// <param name="advantage">A. Shape [E].</param>
    /// <param name="clipRange">ε.</param>
    /// <returns>Loss of each edge, dimensionless. Shape [E].</returns>
    /// <remarks>PPO's clipped objective, negated; BranchGRPO Eq. 5.</remarks>
    public static Tensor Clipped(Tensor logRatio, Tensor advantage, double clipRange)
    {
        using var scope = NewDisposeScope();
        var ratio = logRatio.exp();                                                                // [E]
        return maximum(-advantage * ratio, -advantage * ratio.clamp(Scalars.Of(1 - clipRange), Scalars.Of(1 + clipRange))).MoveToOuterDisposeScope();
    }

    /// <summary>KL(N(mean, std²) ‖ N(reference, std²)) = (mean − reference)²/(2·std²), averaged or summed over elements.</summary>
    /// <param name="mean">With gradient. Shape [B, …].</param>
    /// <param name="reference">Shape [B, …].</param>
    /// <param name="std">The step's standard deviation, which both share.</param>
    /// <param name="reduction">Mean or sum over elements.</param>
    /// <returns>Nats. Shape [B].</returns>
    /// <remarks>Flow-GRPO divides by its noise level without √(−Δ); the kit uses the exact divergence of the two Gaussians.</remarks>
    public static Tensor Kl(Tensor mean, Tensor reference, double std, Reduction reduction)
    {
        using var scope = NewDisposeScope();
        var squares = (mean - reference).square().flatten(1).div(Scalars.Of(2 * std * std));                    // [B, D]
        return (reduction == Reduction.Mean ? squares.mean([1]) : squares.sum(1)).MoveToOuterDisposeScope();
    }

    /// <summary>The guarded log-ratio of GRPO-Guard, mean over elements: (log π − log π_old)·std + (mean − mean_old)²/(2·std).</summary>
    /// <param name="logRatio">log π − log π_old, mean over elements. Shape [E].</param>
    /// <param name="mean">Current mean of each edge. Shape [E, …].</param>
    /// <param name="oldMean">Mean under the policy that drew the edge. Shape [E, …].</param>
    /// <param name="std">The step's standard deviation.</param>
    /// <returns>Shape [E].</returns>
    public static Tensor GuardedLogRatio(Tensor logRatio, Tensor mean, Tensor oldMean, double std)
    {
        using var scope = NewDisposeScope();
        var drift = (mean - oldMean).square().flatten(1).mean([1]);                                // [E]
        return logRatio.mul(Scalars.Of(std)).add(drift, alpha: Scalars.Of(0.5 / std)).MoveToOuterDisposeScope();
    }
}
