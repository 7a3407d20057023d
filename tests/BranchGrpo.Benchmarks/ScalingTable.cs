using System.Diagnostics;
using BranchGrpo.Kit;

namespace BranchGrpo.Benchmarks;

/// <summary>How the cost of BranchGRPO grows with leaves, prompts and steps: seconds per forward unit (a forward pass of one latent; a trained
/// evaluation counts as three), against bare calls of the same sizes, and the share of credit and bookkeeping.</summary>
internal static class ScalingTable
{
    public static void Print(BenchmarkSettings settings)
    {
        var task = settings.Task();
        BenchmarkSettings.Head("Growth of BranchGRPO's iteration", "steps", "leaves", "prompts", "forward units", "s / iteration", "ms / unit", "to bare",
            "credit and rest");
        foreach (var (steps, splits, prompts) in new[] { (10, 4, 4), (10, 6, 4), (10, 8, 4), (10, 4, 1), (10, 4, 8), (10, 4, 32), (20, 4, 4), (50, 4, 4),
            (10, 8, 32) })
        {
            var recipe = Of(steps, splits, prompts);
            var large = CostModel.Of(recipe).ForwardUnits > 20_000;
            double[] parts = [0, 0, 0];
            var measured = Timing.Interleaved(large ? 1 : settings.Repetitions,
            [
                ("iteration", () => Iteration(task, recipe, settings, parts)),
                ("bare", () => Bare(task, recipe, settings)),
            ]);
            var (units, seconds) = (CostModel.Of(recipe).ForwardUnits, measured[0].Median);
            BenchmarkSettings.Row(steps, 1 << splits, prompts, $"{units:0}", seconds, 1000 * seconds / units, seconds / measured[1].Median,
                $"{parts[0] / parts[1]:p2}");
        }
    }

    /// <summary>BranchGRPO with as many binary splits as asked for, spread over the first steps.</summary>
    public static Recipe Of(int steps, int splits, int prompts)
    {
        var branch = Recipes.Find("BranchGRPO", Geometry.Quick);
        var spread = Math.Max(1, steps / 2 / splits);
        return branch with
        {
            Plan = branch.Plan with
            {
                Schedule = NoiseSchedule.Shifted(steps),
                Splits = new SplitRule.Fixed(2, [.. Enumerable.Range(0, splits).Select(i => i * spread)]),
            },
            Prompts = prompts,
        };
    }

    private static double Iteration(ExperimentTask task, Recipe recipe, BenchmarkSettings settings, double[] parts)
    {
        using var policy = task.CreatePolicy();
        using var training = new GrpoTraining(policy, recipe, seed: 1) { MicroBatch = settings.MicroBatch };
        string[] prompts = [.. task.TrainingPrompts.Take(recipe.Prompts)];
        var metrics = training.Iterate(prompts, task.Reward);
        parts[0] += metrics.Seconds.Credit;
        parts[1] += metrics.Seconds.Total;
        return metrics.Seconds.Total;
    }

    private static double Bare(ExperimentTask task, Recipe recipe, BenchmarkSettings settings)
    {
        using var policy = task.CreatePolicy();
        var start = Stopwatch.GetTimestamp();
        NetworkCalls.Make(policy, recipe, [.. task.TrainingPrompts.Take(recipe.Prompts)], settings.MicroBatch);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
