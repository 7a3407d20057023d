namespace BranchGrpo.Kit.Notebooks;

public static partial class Lab
{
    /// <summary>The forest that the first iteration of a run would train on, scored with the task's reward.</summary>
    /// <param name="recipe">How it grows, and from how many prompts: <c>recipe with { Prompts = 1 }</c> gives one tree.</param>
    /// <param name="seed">Seed of the prompts and of the noise.</param>
    /// <param name="policy">Borrowed; <see cref="BasePolicy"/> if null.</param>
    /// <returns>With log-densities reduced as the recipe's objective wants them; the caller owns it.</returns>
    public static RolloutTree Grow(Recipe recipe, ulong seed = 1, FlowPolicy? policy = null)
    {
        var prompts = new Experiment { Task = Task, Recipe = recipe, Seed = seed }.PromptsOf(0);
        var options = new RolloutOptions { Reduction = recipe.Objective.Reduction, KeepMeans = recipe.Objective.Ratio == RatioKind.Guarded };
        var tree = TreeRollout.Grow(policy ?? BasePolicy, recipe.Plan.At(1, seed), prompts, SeededNoise.For(seed, 1), options);
        TreeRollout.Score(tree, Task.Reward);
        return tree;
    }

    /// <summary>Such forests of seeds 1 … n.</summary>
    /// <param name="recipe">How they grow.</param>
    /// <param name="count">n; the preset's number of samples if null.</param>
    public static IReadOnlyList<RolloutTree> GrowMany(Recipe recipe, int? count = null) =>
        [.. Enumerable.Range(1, count ?? Preset.Samples).Select(seed => Grow(recipe, (ulong)seed))];

    /// <summary>Variance that each step's noise adds to the reward, over the trees of seeds 1 … n, one prompt each.</summary>
    /// <param name="recipe">Its splits say which steps can be told apart.</param>
    /// <param name="count">n.</param>
    /// <returns>Mean and spread over trees, one entry per step; see <see cref="ValueVariance.Created"/>.</returns>
    public static IReadOnlyList<Spread> CreatedVariance(Recipe recipe, int count)
    {
        var created = Enumerable.Range(1, count).Select(seed =>
        {
            using var tree = Grow(recipe with { Prompts = 1 }, (ulong)seed);
            return ValueVariance.Created(tree.Credit(recipe));
        }).ToArray();
        return [.. created[0].Select((_, step) => Spread.Of(created.Select(c => (double?)c[step]))!.Value)];
    }

    /// <summary>Root mean square advantage of the nodes of each depth, from depth 1, over forests.</summary>
    /// <param name="forests">Scored, of one plan.</param>
    /// <param name="recipe">Its fusion and advantages.</param>
    /// <returns>One entry per denoising step.</returns>
    public static double[] Loudness(this IReadOnlyList<RolloutTree> forests, Recipe recipe)
    {
        var credits = forests.Select(f => f.Credit(recipe)).ToArray();
        return [.. Enumerable.Range(1, forests[0].Plan.Depth).Select(depth => Math.Sqrt(
            credits.SelectMany(c => c.Advantage.Where((_, node) => c.Depth[node] == depth)).Average(a => a * a)))];
    }

    /// <summary>Values and advantages of a tree under a recipe.</summary>
    public static CreditedTree Credit(this RolloutTree tree, Recipe recipe, ulong seed = 1) =>
        CreditedTree.From(tree, recipe.Fusion, recipe.Advantage, iteration: 1, seed);
}
