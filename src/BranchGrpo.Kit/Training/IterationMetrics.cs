using System.Collections.Immutable;

namespace BranchGrpo.Kit;

/// <summary>Seconds of one iteration by phase. On a GPU the device is synchronised before each reading.</summary>
/// <param name="Sample">Growing the trees.</param>
/// <param name="Reward">Scoring the leaves.</param>
/// <param name="Credit">Fusion, advantages, pruning, weights.</param>
/// <param name="Update">Forward and backward passes, optimiser, weight average.</param>
public readonly record struct PhaseSeconds(double Sample, double Reward, double Credit, double Update)
{
    /// <summary>All phases together.</summary>
    public double Total => Sample + Reward + Credit + Update;
}

/// <summary>One depth of one iteration.</summary>
public sealed record DepthMetrics
{
    /// <summary>Depth of the nodes; their edges leave denoising step Depth − 1.</summary>
    public required int Depth { get; init; }

    /// <summary>Nodes over all prompts.</summary>
    public required int Nodes { get; init; }

    /// <summary>Trained edges into this depth.</summary>
    public required int Edges { get; init; }

    /// <summary>Mean value of the nodes.</summary>
    public required double RewardMean { get; init; }

    /// <summary>Standard deviation (n − 1) of the values within a prompt, root mean square over prompts.</summary>
    public required double RewardStd { get; init; }

    /// <summary>Mean over nodes of 1/Σw² of the fusion weights: leaves that really carry a node's value.</summary>
    public required double EffectiveSampleSize { get; init; }

    /// <summary>Mean of ρ over the trained edges; 1 where none.</summary>
    public required double RatioMean { get; init; }

    /// <summary>Share of trained edges with ρ &lt; 1 − ε.</summary>
    public required double ClipLow { get; init; }

    /// <summary>Share of trained edges with ρ &gt; 1 + ε.</summary>
    public required double ClipHigh { get; init; }
}

/// <summary>What one iteration measured.</summary>
public sealed record IterationMetrics
{
    /// <summary>Iteration, counted from 1.</summary>
    public required int Iteration { get; init; }

    /// <summary>Mean leaf reward.</summary>
    public required double RewardMean { get; init; }

    /// <summary>Standard deviation (n − 1) of the leaf rewards within a prompt, root mean square over prompts.</summary>
    public required double RewardStd { get; init; }

    /// <summary>Network evaluations (latents) of the rollout.</summary>
    public required long RolloutEvaluations { get; init; }

    /// <summary>Network evaluations (latents, forward and backward) of training.</summary>
    public required long TrainedEvaluations { get; init; }

    /// <summary>Leaves over all prompts.</summary>
    public required int Leaves { get; init; }

    /// <summary>Edges trained.</summary>
    public required int Edges { get; init; }

    /// <summary>Optimiser steps.</summary>
    public required int Updates { get; init; }

    /// <summary>Mean of ρ over the trained edges.</summary>
    public required double RatioMean { get; init; }

    /// <summary>Largest |ρ − 1| before the first optimiser step: 0 up to rounding, since a latent is scored exactly as it is stored.</summary>
    public required double FirstRatioError { get; init; }

    /// <summary>Share of trained edges with ρ &lt; 1 − ε.</summary>
    public required double ClipLow { get; init; }

    /// <summary>Share of trained edges with ρ &gt; 1 + ε.</summary>
    public required double ClipHigh { get; init; }

    /// <summary>Approximate KL to the old policy, mean of ρ − 1 − log ρ, in the reduction of the log-probabilities.</summary>
    public required double ApproximateKl { get; init; }

    /// <summary>Mean KL to the reference policy, nats in the same reduction; 0 without one.</summary>
    public required double ReferenceKl { get; init; }

    /// <summary>Mean gradient norm over the optimiser steps, before clipping.</summary>
    public required double GradNorm { get; init; }

    /// <summary>Seconds by phase.</summary>
    public required PhaseSeconds Seconds { get; init; }

    /// <summary>The same by depth, from 1.</summary>
    public required ImmutableArray<DepthMetrics> Depths { get; init; }

    internal static IterationMetrics Of(RolloutTree tree, CreditedTree credited, IterationOutcome outcome, Objective objective, PhaseSeconds seconds)
    {
        var (edges, groups) = (outcome.Edges, tree.Rewards.Index().GroupBy(r => tree.Prompt[tree.FirstLeaf + r.Index], r => r.Item));
        return new()
        {
            Iteration = credited.Iteration,
            RewardMean = tree.Rewards.Average(),
            RewardStd = Math.Sqrt(groups.Average(g => Moments.Of([.. g]).Variance(Deviation.Sample))),
            RolloutEvaluations = tree.Evaluations,
            TrainedEvaluations = outcome.Evaluations,
            Leaves = tree.Rewards.Length,
            Edges = edges.Length,
            Updates = outcome.GradNorms.Length,
            RatioMean = edges.Average(e => e.Ratio),
            FirstRatioError = outcome.FirstRatioError,
            ClipLow = Share(edges, e => e.Ratio < 1 - objective.ClipRange),
            ClipHigh = Share(edges, e => e.Ratio > 1 + objective.ClipRange),
            ApproximateKl = edges.Average(e => e.Ratio - 1 - e.LogRatio),
            ReferenceKl = edges.Average(e => e.Kl),
            GradNorm = outcome.GradNorms.Average(),
            Seconds = seconds,
            Depths = [.. Enumerable.Range(1, tree.Plan.Depth).Select(d =>
                OfDepth(tree, credited, d, [.. edges.Where(e => tree.Depth[e.Child] == d)], objective))],
        };
    }

    private static DepthMetrics OfDepth(RolloutTree tree, CreditedTree credited, int depth, EdgeOutcome[] edges, Objective objective)
    {
        var nodes = Enumerable.Range(tree.LevelStart(depth), tree.LevelCount(depth)).ToArray();
        return new()
        {
            Depth = depth,
            Nodes = nodes.Length,
            Edges = edges.Length,
            RewardMean = nodes.Average(i => credited.Value[i]),
            RewardStd = Math.Sqrt(nodes.GroupBy(i => tree.Prompt[i], i => credited.Value[i]).Average(g => Moments.Of([.. g]).Variance(Deviation.Sample))),
            EffectiveSampleSize = nodes.Average(i => credited.EffectiveSampleSize[i]),
            RatioMean = edges.Length == 0 ? 1 : edges.Average(e => e.Ratio),
            ClipLow = Share(edges, e => e.Ratio < 1 - objective.ClipRange),
            ClipHigh = Share(edges, e => e.Ratio > 1 + objective.ClipRange),
        };
    }

    private static double Share(EdgeOutcome[] edges, Func<EdgeOutcome, bool> condition) =>
        edges.Length == 0 ? 0 : (double)edges.Count(condition) / edges.Length;
}

/// <summary>What the updates of one iteration showed.</summary>
internal sealed record IterationOutcome(EdgeOutcome[] Edges, double[] GradNorms, double FirstRatioError, long Evaluations);
