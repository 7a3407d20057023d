using BranchGrpo.Kit;

namespace BranchGrpo.Benchmarks;

/// <summary>Seconds per iteration of every recipe, side by side: against DanceGRPO beside what the cost model predicts, against bare network calls,
/// and, for BranchGRPO, against the published loop's shape.</summary>
internal static class MethodTable
{
    public static void Print(BenchmarkSettings settings, Geometry geometry)
    {
        var task = settings.Task();
        Recipe[] recipes = [.. Recipes.For(geometry)];
        var units = CostModel.Of(recipes[0]).ForwardUnits;
        var works = recipes.SelectMany(recipe => new (string, Func<double>)[]
        {
            (recipe.Name, () => Iteration(task, recipe, settings)),
            (recipe.Name + " bare", () => Bare(task, recipe, settings)),
        }).ToArray();
        var measured = Timing.Interleaved(settings.Repetitions, works);
        BenchmarkSettings.Head($"Seconds per iteration, geometry {geometry.ToString().ToLowerInvariant()}, {recipes[0].Prompts} prompts",
            "recipe", "s / iteration", "quartiles", "ratio", "predicted", "bare calls", "to bare");
        foreach (var (k, recipe) in recipes.Index())
        {
            var (own, bare) = (measured[2 * k], measured[2 * k + 1]);
            BenchmarkSettings.Row(recipe.Name, own.Median, own.Quartiles, own.Median / measured[0].Median, CostModel.Of(recipe).ForwardUnits / units,
                bare.Median, own.Median / bare.Median);
        }
    }

    /// <summary>BranchGRPO against the published loop's shape, in turn.</summary>
    public static void PrintPublished(BenchmarkSettings settings)
    {
        var (task, recipe) = (settings.Task(), Recipes.Find("BranchGRPO", Geometry.Paper));
        var measured = Timing.Interleaved(Math.Max(1, settings.Repetitions / 3),
        [
            ("levels as batches", () => Iteration(task, recipe, settings)),
            ("published loop's shape", () => Published(task, recipe, settings)),
        ]);
        BenchmarkSettings.Head("BranchGRPO, T = 20, 16 leaves, 4 prompts: one node per call, one edge per backward", "loop", "s / iteration", "quartiles",
            "ratio");
        foreach (var timing in measured) BenchmarkSettings.Row(timing.Name, timing.Median, timing.Quartiles, timing.Median / measured[0].Median);
    }

    private static string[] Prompts(ExperimentTask task, Recipe recipe) => [.. task.TrainingPrompts.Take(recipe.Prompts)];

    private static double Iteration(ExperimentTask task, Recipe recipe, BenchmarkSettings settings)
    {
        using var policy = task.CreatePolicy();
        using var training = new GrpoTraining(policy, recipe, seed: 1) { MicroBatch = settings.MicroBatch };
        return Timing.Of(() => training.Iterate(Prompts(task, recipe), task.Reward), policy.Device);
    }

    private static double Bare(ExperimentTask task, Recipe recipe, BenchmarkSettings settings)
    {
        using var policy = task.CreatePolicy();
        return Timing.Of(() => NetworkCalls.Of(policy, recipe, Prompts(task, recipe), settings.MicroBatch), policy.Device);
    }

    private static double Published(ExperimentTask task, Recipe recipe, BenchmarkSettings settings)
    {
        using var policy = task.CreatePolicy();
        return Timing.Of(() => PublishedLoop.Iterate(policy, recipe, Prompts(task, recipe), task.Reward), policy.Device);
    }
}
