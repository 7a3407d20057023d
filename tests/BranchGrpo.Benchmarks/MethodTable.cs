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
        var measured = Timing.Interleaved(settings.Repetitions, [.. CallCosts.Works(task), .. recipes.SelectMany(recipe => new (string, Func<double>)[]
        {
            (recipe.Name, () => Iteration(task, recipe, settings, BenchmarkSettings.Kept)),
            (recipe.Name + " without", () => Iteration(task, recipe, settings, 0)),
            (recipe.Name + " bare", () => Bare(task, recipe, settings)),
        })]);
        var (costs, times) = (CallCosts.From(measured[..4]), measured[4..].Chunk(3).ToArray());
        double Predicted(Recipe recipe, bool keeps) => costs.Of(recipe, settings.MicroBatch, keeps) / costs.Of(recipes[0], settings.MicroBatch, keeps);
        Console.WriteLine($"\nA policy call takes {1000 * costs.Forward.PerCall:0.00} + {1000 * costs.Forward.PerLatent:0.000} x latents ms, "
            + $"with its backward pass {1000 * costs.Trained.PerCall:0.00} + {1000 * costs.Trained.PerLatent:0.000} x latents ms; "
            + "\"predicted\" is that for the calls that the cost model counts, \"units\" its rollout + 3 x trained evaluations.");
        BenchmarkSettings.Head($"Seconds per iteration, geometry {geometry.ToString().ToLowerInvariant()}, against bare network calls; ratios to DanceGRPO",
            "recipe", "s / iteration", "quartiles", "bare calls, s", "to bare", "ratio", "predicted", "units");
        foreach (var (recipe, (_, own, bare)) in recipes.Zip(times.Select(t => (t[0], t[1], t[2]))))
            BenchmarkSettings.Row(recipe.Name, own.Median, own.Quartiles, bare.Median, own.Median / bare.Median, own.Median / times[0][1].Median,
                Predicted(recipe, keeps: false), CostModel.Of(recipe).ForwardUnits / CostModel.Of(recipes[0]).ForwardUnits);
        BenchmarkSettings.Head("The same, keeping the rollout's forward passes for the first update, as runs do",
            "recipe", "s / iteration", "quartiles", "saved", "ratio", "predicted");
        foreach (var (recipe, (kept, own, _)) in recipes.Zip(times.Select(t => (t[0], t[1], t[2]))))
            BenchmarkSettings.Row(recipe.Name, kept.Median, kept.Quartiles, $"{1 - (kept.Median / own.Median):p1}", kept.Median / times[0][0].Median,
                Predicted(recipe, keeps: true));
    }

    /// <summary>BranchGRPO against the published loop's shape, in turn.</summary>
    public static void PrintPublished(BenchmarkSettings settings)
    {
        var (task, recipe) = (settings.Task(), Recipes.Find("BranchGRPO", Geometry.Paper));
        var measured = Timing.Interleaved(Math.Max(1, settings.Repetitions / 3),
        [
            ("levels as batches", () => Iteration(task, recipe, settings, BenchmarkSettings.Kept)),
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
        return Timing.Of(() => NetworkCalls.Make(policy, recipe, Prompts(task, recipe), settings.MicroBatch), policy.Device);
    }

    private static double Published(ExperimentTask task, Recipe recipe, BenchmarkSettings settings)
    {
        using var policy = task.CreatePolicy();
        return Timing.Of(() => PublishedLoop.Iterate(policy, recipe, Prompts(task, recipe), task.Reward), policy.Device);
    }
}
