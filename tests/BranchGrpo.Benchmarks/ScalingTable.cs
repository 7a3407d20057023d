using System.Diagnostics;
using BranchGrpo.Kit;

namespace BranchGrpo.Benchmarks;

/// <summary>How the cost of BranchGRPO grows with leaves, prompts and steps: seconds per network evaluation, of an iteration and of nothing but its
/// network calls, and the share of credit and bookkeeping.</summary>
internal static class ScalingTable
{
    public static void Print(BenchmarkSettings settings)
    {
        var task = settings.Task();
        BenchmarkSettings.Head("Growth of BranchGRPO's iteration", "steps", "leaves", "prompts", "evaluations", "s / iteration", "ms / evaluation",
            "bare calls, ms / evaluation", "to bare", "to bare, first row = 1", "credit and bookkeeping");
        double? first = null;
        foreach (var (steps, splits, prompts) in new[] { (10, 4, 4), (10, 6, 4), (10, 8, 4), (10, 4, 1), (10, 4, 8), (10, 4, 32), (20, 4, 4), (50, 4, 4),
            (10, 8, 32) })
        {
            var recipe = Of(steps, splits, prompts);
            var evaluations = CostModel.Of(recipe).ForwardUnits;
            var shares = new List<double>();
            Timing[] Measure(int rounds) => Timing.Interleaved(rounds,
            [
                ("iteration", () => Iteration(task, recipe, settings, shares)),
                ("bare", () => Bare(task, recipe, settings)),
            ]);
            if (first is null) Measure(rounds: 3);                              // compilers count as work of this process
            shares.Clear();
            var measured = Measure(evaluations > 20_000 ? 1 : settings.Repetitions);
            var (seconds, bare) = (measured[0].Median, measured[1].Median);
            first ??= seconds / bare;
            BenchmarkSettings.Row(steps, 1 << splits, prompts, $"{evaluations:0}", seconds, 1000 * seconds / evaluations, 1000 * bare / evaluations,
                seconds / bare, seconds / bare / first, $"{shares.Skip(1).Order().ElementAt((shares.Count - 1) / 2):p2}");
        }
        Console.WriteLine("""

            Evaluations: forward passes of one latent; a trained one counts as three, since going backward costs about two. Bare calls: the same forward and
            backward passes, of the same sizes, with nothing around them. Early levels and single prompts make small batches, which cost the network more per
            latent, so time per evaluation is compared as the ratio of the two columns ("to bare"): it is flat where the engine adds nothing that grows
            faster than the network's work. Forward passes of the rollout are not kept here. Credit and bookkeeping: all but rollout, reward and updates.
            """);
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

    private static double Iteration(ExperimentTask task, Recipe recipe, BenchmarkSettings settings, List<double> shares)
    {
        using var policy = task.CreatePolicy();
        using var training = new GrpoTraining(policy, recipe, seed: 1) { MicroBatch = settings.MicroBatch };
        string[] prompts = [.. task.TrainingPrompts.Take(recipe.Prompts)];
        return Timing.Of(() =>
        {
            var start = Stopwatch.GetTimestamp();
            var phases = training.Iterate(prompts, task.Reward).Seconds;
            var total = Stopwatch.GetElapsedTime(start).TotalSeconds;
            shares.Add((total - phases.Sample - phases.Reward - phases.Update) / total);
        }, policy.Device);
    }

    private static double Bare(ExperimentTask task, Recipe recipe, BenchmarkSettings settings)
    {
        using var policy = task.CreatePolicy();
        return Timing.Of(() => NetworkCalls.Make(policy, recipe, [.. task.TrainingPrompts.Take(recipe.Prompts)], settings.MicroBatch), policy.Device);
    }
}
