using System.Collections.Immutable;

namespace BranchGrpo.Kit;

/// <summary>A method as a value: how trees grow, how rewards become advantages, which edges are trained and how. Baselines are recipes too, not
/// second code paths.</summary>
public sealed record Recipe
{
    /// <summary>Short name, unique within a geometry.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence: what it does, and where it comes from.</summary>
    public required string Summary { get; init; }

    /// <summary>How the plan of each iteration is made.</summary>
    public required PlanRule Plan { get; init; }

    /// <summary>Prompts per iteration.</summary>
    public int Prompts { get; init => field = Require.AtLeast(value, 1); } = 4;

    /// <summary>How leaf rewards become node values.</summary>
    public FusionRule Fusion { get; init; } = new FusionRule.Mean();

    /// <summary>How node values become advantages.</summary>
    public AdvantageRule Advantage { get; init; } = new(Baseline.Group, AdvantageScale.Group);

    /// <summary>Which edges are dropped, in order.</summary>
    public ImmutableArray<PruningRule> Pruning { get; init; } = [];

    /// <summary>How much each edge counts.</summary>
    public EdgeWeighting Weighting { get; init; } = EdgeWeighting.PerEdge;

    /// <summary>κ of the factor σ^κ of each edge.</summary>
    public double SigmaPower { get; init => field = Require.NotNegative(value); }

    /// <summary>What is maximised.</summary>
    public Objective Objective { get; init; } = new();

    /// <summary>How edges are dealt to optimiser steps.</summary>
    public UpdateSplit UpdateSplit { get; init; } = new UpdateSplit.ByTimestep(3);

    /// <summary>Step size of AdamW.</summary>
    public double LearningRate { get; init => field = Require.Positive(value); } = 1e-4;

    /// <summary>Decoupled weight decay.</summary>
    public double WeightDecay { get; init => field = Require.NotNegative(value); } = 1e-4;

    /// <summary>Gradients are scaled down to this norm.</summary>
    public double MaxGradNorm { get; init => field = Require.Positive(value); } = 1;

    /// <summary>Decay of the moving average of the weights; none keeps no average.</summary>
    public double? EmaDecay { get; init => field = value is null ? null : Require.Fraction(value.Value); }

    /// <summary>The published NFE per sample (rollout, trained) and seconds per iteration on FLUX, where the paper gives them.</summary>
    public PublishedCost? Published { get; init; }

    /// <summary>The trained edges of a credited tree, dealt to optimiser steps. Each step's weights are scaled so that an average step weighs
    /// 1.</summary>
    /// <exception cref="InvalidOperationException">No edge can be trained.</exception>
    public TrainedEdge[][] Updates(CreditedTree tree, RolloutPlan plan)
    {
        var edges = EdgeFilter.Trained(tree, plan, Pruning);
        if (edges.Length == 0)
            throw new InvalidOperationException($"{Name}: iteration {tree.Iteration} has no edge to train ({plan}); "
                + "it needs a stochastic step before the last one.");
        var weights = EdgeWeights.Of(tree, plan.Schedule, edges, Weighting, SigmaPower);
        var updates = UpdateSplit.Deal(tree, edges);
        return [.. updates.Select(positions => positions
            .Select(k => new TrainedEdge(edges[k], tree.Advantage[edges[k]], weights[k] * updates.Length)).ToArray())];
    }

    /// <summary>The forest of an iteration and its updates before it is grown. Rewards are stood in for by distinct numbers: pruning keeps as many
    /// edges of each step whatever the rewards are.</summary>
    internal (TreeShape Shape, TrainedEdge[][] Updates) Planned(RolloutPlan plan, int iteration, ulong seed)
    {
        var shape = TreeShape.Of(plan, Prompts);
        var leaves = shape.Parent.Length - shape.LevelStart[plan.Depth];
        var value = RewardFusion.Mean(shape.Parent, [.. Enumerable.Range(0, leaves).Select(i => (double)(SeededNoise.Hash((ulong)i) >> 11))]);
        return (shape, Updates(CreditedTree.Of(shape, plan, value, Advantage) with { Iteration = iteration, Seed = seed }, plan));
    }

    /// <summary>Denoising steps of which the first update trains every node, and so can go backward through the rollout's own policy calls; as many
    /// as fit.</summary>
    /// <param name="plan">The iteration's plan.</param>
    /// <param name="iteration">Counted from 1.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="latents">Largest number of latents to keep.</param>
    internal IReadOnlySet<int> FirstUpdateSteps(RolloutPlan plan, int iteration, ulong seed, long latents)
    {
        if (latents <= 0) return new HashSet<int>();
        var (shape, updates) = Planned(plan, iteration, seed);
        return WholeSteps(shape, updates[0], latents);
    }

    /// <summary>Denoising steps of which an update trains every node, as many as fit into a number of latents.</summary>
    internal static IReadOnlySet<int> WholeSteps(TreeShape shape, TrainedEdge[] update, long latents)
    {
        var steps = new HashSet<int>();
        foreach (var step in update.GroupBy(e => shape.Depth[e.Child] - 1, e => shape.Parent[e.Child]))
        {
            var nodes = step.Distinct().Count();
            if (nodes != shape.LevelStart[step.Key + 1] - shape.LevelStart[step.Key] || nodes > latents) continue;
            latents -= nodes;
            steps.Add(step.Key);
        }
        return steps;
    }
}

/// <summary>Figures of the paper's Table 1 (FLUX.1-dev, arXiv 2509.06040v5).</summary>
/// <param name="RolloutPerSample">NFE_old.</param>
/// <param name="TrainedPerSample">NFE_new.</param>
/// <param name="SecondsPerIteration">Seconds per iteration on 16 H200.</param>
public sealed record PublishedCost(double RolloutPerSample, double TrainedPerSample, double SecondsPerIteration);
