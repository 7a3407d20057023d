using BranchGrpo.Kit;

namespace BranchGrpo.Benchmarks;

/// <summary>The published loop's shape on the kit's own network: one node per network call, one edge per forward and backward pass. The tree, the
/// credit and the optimiser steps are the recipe's own, so that only the shape differs.</summary>
internal static class PublishedLoop
{
    /// <summary>One iteration.</summary>
    public static void Iterate(FlowPolicy policy, Recipe recipe, IReadOnlyList<string> prompts, RewardModel reward)
    {
        var plan = recipe.Plan.At(1, 1);
        using var optimizer = new AdamW(policy.TrainedParameters(), new() { LearningRate = recipe.LearningRate, WeightDecay = recipe.WeightDecay });
        using var tree = TreeRollout.Grow(policy, plan, prompts, SeededNoise.For(1, 1), new() { MicroBatch = 1 });
        TreeRollout.Score(tree, reward);
        var credited = CreditedTree.From(tree, recipe.Fusion, recipe.Advantage, 1, 1);
        var update = new GrpoUpdate(policy, recipe.Objective, microBatch: 1);
        foreach (var batch in recipe.Updates(credited, plan))
        {
            foreach (var edge in batch) update.Accumulate(tree, [edge]);
            optimizer.ClipGradients(recipe.MaxGradNorm);
            optimizer.Step();
            optimizer.ZeroGradients();
        }
    }
}
