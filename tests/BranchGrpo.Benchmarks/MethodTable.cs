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
        var measured = Timing.Interleaved(settings.Repetitions, [.. recipes.SelectMany(recipe => new (string, Func<double>)[]
        {
            (recipe.Name, () => Iteration(task, recipe, settings, KeptForwards)),
            (recipe.Name + " without", () => Iteration(task, recipe, settings, 0)),
            (recipe.Name + " bare", () => Bare(task, recipe, settings)),
        })]).Chunk(3).ToArray();
        BenchmarkSettings.Head($"Seconds per iteration, geometry {geometry.ToString().ToLowerInvariant()}: as runs make them, keeping the rollout's forward passes "
            + "for the first update (ratio to DanceGRPO beside the cost model's), and without that, against bare network calls",
            "recipe", "s / iteration", "quartiles", "ratio", "predicted", "measured / predicted", "without, s", "bare calls, s", "without / bare");
        var first = Units(recipes[0]);
        foreach (var (recipe, times) in recipes.Zip(measured))
        {
            var (kept, plain, bare) = (times[0], times[1].Median, times[2].Median);
            var (ratio, predicted) = (kept.Median / measured[0][0].Median, Units(recipe) / first);
            BenchmarkSettings.Row(recipe.Name, kept.Median, kept.Quartiles, ratio, predicted, ratio / predicted, plain, bare, plain / bare);
        }
    }

    // A kept forward pass is one that training need not make.
    private static double Units(Recipe recipe) => CostModel.Of(recipe) is var cost ? cost.ForwardUnits - cost.SharedForwards : 0;

    private const long KeptForwards = 8L << 30;

    /// <summary>BranchGRPO against the published loop's shape, in turn.</summary>
    public static void PrintPublished(BenchmarkSettings settings)
    {
        var (task, recipe) = (settings.Task(), Recipes.Find("BranchGRPO", Geometry.Paper));
        var measured = Timing.Interleaved(Math.Max(1, settings.Repetitions / 3),
        [
            ("levels as batches", () => Iteration(task, recipe, settings, KeptForwards)),
            ("published loop's shape", () => Published(task, recipe, settings)),
        ]);
        BenchmarkSettings.Head("BranchGRPO, T = 20, 16 leaves, 4 prompts: one node per call, one edge per backward", "loop", "s / iteration", "quartiles",
            "ratio");
        foreach (var timing in measured) BenchmarkSettings.Row(timing.Name, timing.Median, timing.Quartiles, timing.Median / measured[0].Median);
    }

    private static string[] Prompts(ExperimentTask task, Recipe recipe) => [.. task.TrainingPrompts.Take(recipe.Prompts)];

    private static double Iteration(ExperimentTask task, Recipe recipe, BenchmarkSettings settings, long forwardMemory)
    {
        using var policy = task.CreatePolicy();
        using var training = new GrpoTraining(policy, recipe, seed: 1) { MicroBatch = settings.MicroBatch, ForwardMemory = forwardMemory };
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
