using System.Collections.Immutable;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit;

namespace BranchGrpo.Cli.Tests;

/// <summary>Records with known curves: score = start + slope · iteration.</summary>
internal static class MadeUpRuns
{
    public static RunRecord Record(int iterations, double secondsEach, double start, double slope, int every = 10)
    {
        var events = new List<RunEvent>();
        for (var i = 0; i <= iterations; i++)
        {
            if (i > 0) events.Add(new RunEvent.Iterated(Metrics(i)) { Iteration = i, Seconds = i * secondsEach });
            if (i % every == 0 || i == iterations)
            {
                var names = Comparison.KnownScores.Select(s => s.Name).Where(name => name != Comparison.Training);
                var scores = names.ToImmutableSortedDictionary(name => name, _ => start + (slope * i));
                events.Add(new RunEvent.Evaluated(scores) { Iteration = i, Seconds = i * secondsEach });
            }
        }
        return new(events);
    }

    public static MethodRuns Method(string name, int iterations, double secondsEach, params double[] slopes) =>
        new(name, [.. slopes.Select((slope, i) => ((ulong)i + 1, Record(iterations, secondsEach, 0.5, slope)))]);

    private static IterationMetrics Metrics(int iteration) => new()
    {
        Iteration = iteration,
        Leaves = 64,
        RolloutEvaluations = 640,
        TrainedEvaluations = 576,
        RewardMean = 0.1 * iteration,
        RewardStd = 0.1,
        Edges = 576,
        Updates = 3,
        RatioMean = 1,
        FirstRatioError = 0,
        ClipLow = 0,
        ClipHigh = 0,
        ApproximateKl = 0,
        ReferenceKl = 0,
        GradNorm = 0.1,
        Seconds = new(0.2, 0.1, 0.1, 0.6),
        Depths = [],
    };
}
