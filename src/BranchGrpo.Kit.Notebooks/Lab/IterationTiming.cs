using Microsoft.Data.Analysis;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>What one iteration of a recipe was predicted to cost, and what it took.</summary>
/// <param name="Name">Name of the recipe.</param>
/// <param name="Cost">Counted before it ran.</param>
/// <param name="Seconds">Training seconds by the preset's clock: the least of the repetitions, since other programs only ever add.</param>
public sealed record IterationTiming(string Name, Cost Cost, double Seconds)
{
    /// <summary>Trains every recipe for a few iterations from the base policy, in turn, so that a busy moment meets them all.</summary>
    /// <param name="recipes">Their plans must cost the same at iterations 1 … repeats + 1, as windows that stay for ten do.</param>
    /// <param name="repeats">At least 1; one more iteration before them warms up.</param>
    public static IReadOnlyList<IterationTiming> Measure(IReadOnlyList<Recipe> recipes, int repeats)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(repeats, 1);
        var policies = recipes.Select(_ => Lab.Task.CreatePolicy()).ToArray();
        var runs = recipes.Zip(policies, (recipe, policy) => new GrpoTraining(policy, recipe, seed: 1)).ToArray();
        var best = recipes.Select(r => new IterationTiming(r.Name, CostModel.Of(r), double.PositiveInfinity)).ToArray();
        for (var repeat = 0; repeat <= repeats; repeat++)
            for (var i = 0; i < runs.Length; i++)
            {
                var prompts = new Experiment { Task = Lab.Task, Recipe = recipes[i] }.PromptsOf(repeat);
                var start = Now();
                runs[i].Iterate(prompts, Lab.Task.Reward);
                if (repeat > 0) best[i] = best[i] with { Seconds = Math.Min(best[i].Seconds, Now() - start) };
            }
        foreach (var run in runs) run.Dispose();
        foreach (var policy in policies) policy.Dispose();
        return best;
    }

    /// <summary>Seconds that two constants predict which were fitted to the other methods alone.</summary>
    /// <param name="all">The timings of all methods.</param>
    public double Foretold(IReadOnlyList<IterationTiming> all) =>
        FitTo(all.Where(t => t.Name != Name)).Predict(Cost.RolloutEvaluations, Cost.TrainedEvaluations);

    /// <summary>Two constants fitted to timings: seconds per rollout evaluation and per trained evaluation.</summary>
    public static TimeModel FitTo(IEnumerable<IterationTiming> timings) =>
        TimeModel.Fit([.. timings.Select(t => ((double)t.Cost.RolloutEvaluations, (double)t.Cost.TrainedEvaluations, t.Seconds))]);

    /// <summary>A row per method: counts, measured seconds, seconds foretold from the other methods, and their ratio.</summary>
    public static DataFrame Table(IReadOnlyList<IterationTiming> timings)
    {
        var foretold = timings.Select(t => t.Foretold(timings)).ToArray();
        return new(
            new StringDataFrameColumn("method", timings.Select(t => t.Name)),
            new PrimitiveDataFrameColumn<long>("rollout evaluations", timings.Select(t => t.Cost.RolloutEvaluations)),
            new PrimitiveDataFrameColumn<long>("trained evaluations", timings.Select(t => t.Cost.TrainedEvaluations)),
            new DoubleDataFrameColumn("measured s", timings.Select(t => Math.Round(t.Seconds, 3))),
            new DoubleDataFrameColumn("foretold s", foretold.Select(s => Math.Round(s, 3))),
            new DoubleDataFrameColumn("foretold / measured", timings.Select((t, i) => Math.Round(foretold[i] / t.Seconds, 2))));
    }

    private static double Now()
    {
        if (Lab.Device.type == TorchSharp.DeviceType.CUDA) TorchSharp.torch.cuda.synchronize();
        return Lab.Preset.Clock.Now();
    }
}
