using System.Collections.Immutable;

namespace BranchGrpo.Kit;

/// <summary>What one iteration of a recipe costs, counted before it runs.</summary>
public sealed record Cost
{
    /// <summary>Network evaluations (latents) of the rollout, all prompts.</summary>
    public required long RolloutEvaluations { get; init; }

    /// <summary>Network evaluations (latents) of training, forward and backward; siblings share their parent's.</summary>
    public required long TrainedEvaluations { get; init; }

    /// <summary>Trained evaluations by optimiser step and denoising step.</summary>
    public required ImmutableArray<(int Update, int Step, int Latents)> TrainedLevels { get; init; }

    /// <summary>Of the trained evaluations, those that go backward through the rollout's own policy calls where memory allows, and so save a
    /// forward pass.</summary>
    public required long SharedForwards { get; init; }

    /// <summary>Leaves, all prompts.</summary>
    public required int Leaves { get; init; }

    /// <summary>Edges of the forest.</summary>
    public required int TreeEdges { get; init; }

    /// <summary>Edges trained.</summary>
    public required int Edges { get; init; }

    /// <summary>Optimiser steps.</summary>
    public required int Updates { get; init; }

    /// <summary>Latents alive at once at the end of the rollout: every node, and what the reward sees.</summary>
    public required long PeakLatents { get; init; }

    /// <summary>Rollout evaluations per leaf: the paper's NFE_old, with each node counted once.</summary>
    public double RolloutPerLeaf => (double)RolloutEvaluations / Leaves;

    /// <summary>Trained edges per leaf: the paper's NFE_new.</summary>
    public double EdgesPerLeaf => (double)Edges / Leaves;

    /// <summary>Trained evaluations per leaf.</summary>
    public double TrainedPerLeaf => (double)TrainedEvaluations / Leaves;

    /// <summary>Rollout plus three times trained evaluations: forward passes, a backward pass counted as two.</summary>
    public double ForwardUnits => RolloutEvaluations + 3.0 * TrainedEvaluations;
}

/// <summary>Counts evaluations, edges, updates and latents of an iteration without running it. Equal to the counters of a real run.</summary>
public static class CostModel
{
    /// <summary>The cost of one iteration.</summary>
    /// <param name="recipe">Borrowed.</param>
    /// <param name="iteration">Counted from 1; matters where windows slide or splits are random.</param>
    /// <param name="seed">Seed of the run.</param>
    public static Cost Of(Recipe recipe, int iteration = 1, ulong seed = 1)
    {
        var plan = recipe.Plan.At(iteration, seed);
        var (shape, updates) = recipe.Planned(plan, iteration, seed);
        var leaves = shape.Parent.Length - shape.LevelStart[plan.Depth];
        var levels = updates.SelectMany((batch, update) => batch.GroupBy(e => shape.Depth[e.Child] - 1,
            (step, edges) => (Update: update, Step: step, Latents: edges.Select(e => shape.Parent[e.Child]).Distinct().Count()))).ToImmutableArray();
        var roots = shape.LevelStart[1];
        return new()
        {
            RolloutEvaluations = shape.LevelStart[plan.Depth],
            TrainedEvaluations = levels.Sum(level => level.Latents),
            TrainedLevels = levels,
            SharedForwards = Recipe.WholeSteps(shape, updates[0], int.MaxValue).Sum(step => shape.LevelStart[step + 1] - shape.LevelStart[step]),
            Leaves = leaves,
            TreeEdges = shape.Parent.Length - roots,
            Edges = updates.Sum(batch => batch.Length),
            Updates = updates.Length,
            PeakLatents = shape.Parent.Length + leaves,
        };
    }

    /// <summary>Mean of <see cref="Cost.ForwardUnits"/> over the first iterations: what a run pays per iteration where windows slide.</summary>
    /// <param name="recipe">Borrowed.</param>
    /// <param name="iterations">At least 1.</param>
    /// <param name="seed">Seed of the run.</param>
    public static double MeanForwardUnits(Recipe recipe, int iterations, ulong seed = 1) =>
        Enumerable.Range(1, Require.AtLeast(iterations, 1)).Average(i => Of(recipe, i, seed).ForwardUnits);
}
