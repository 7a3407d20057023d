namespace BranchGrpo.Kit.Notebooks;

/// <summary>Trees to look at and to measure on: those that the first iteration of a run with each seed would train on.</summary>
public static class LabTrees
{
    /// <summary>One iteration's forest, scored with the task's reward.</summary>
    /// <param name="recipe">How it grows, and from how many prompts: <c>recipe with { Prompts = 1 }</c> gives one tree.</param>
    /// <param name="seed">Seed of the prompts and of the noise.</param>
    /// <param name="policy">Borrowed; the base policy by default.</param>
    /// <returns>The caller owns it.</returns>
    public static RolloutTree Grow(Recipe recipe, ulong seed = 1, FlowPolicy? policy = null)
    {
        using var own = policy is null ? Lab.Task.CreatePolicy() : null;
        var experiment = new Experiment { Task = Lab.Task, Recipe = recipe, Seed = seed };
        var options = new RolloutOptions { Reduction = recipe.Objective.Reduction, KeepMeans = recipe.Objective.Ratio == RatioKind.Guarded };
        var tree = TreeRollout.Grow(policy ?? own!, recipe.Plan.At(1, seed), experiment.PromptsOf(0), SeededNoise.For(seed, 1), options);
        TreeRollout.Score(tree, Lab.Task.Reward);
        return tree;
    }

    /// <summary>Forests of seeds 1 … n.</summary>
    /// <param name="recipe">How they grow.</param>
    /// <param name="count">n; the preset's number of samples by default.</param>
    /// <param name="policy">Borrowed; the base policy by default.</param>
    public static IReadOnlyList<RolloutTree> GrowMany(Recipe recipe, int? count = null, FlowPolicy? policy = null) =>
        [.. Enumerable.Range(1, count ?? Lab.Preset.Samples).Select(seed => Grow(recipe, (ulong)seed, policy))];

    /// <summary>Values and advantages of a tree under a recipe.</summary>
    public static CreditedTree Credit(this RolloutTree tree, Recipe recipe, ulong seed = 1) =>
        CreditedTree.From(tree, recipe.Fusion, recipe.Advantage, iteration: 1, seed);
}
