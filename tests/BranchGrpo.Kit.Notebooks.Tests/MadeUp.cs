using System.Collections.Immutable;
using BranchGrpo.Kit.Shapes;

namespace BranchGrpo.Kit.Notebooks.Tests;

/// <summary>Runs with known curves, and rollouts of an untrained policy.</summary>
internal static class MadeUp
{
    public static readonly Comparison Comparison = new(
        [Method("DanceGRPO", 30, 1.5, 0.004, 0.0041), Method("BranchGRPO", 90, 0.5, 0.003, 0.0032)], 45);

    public static MethodRuns Method(string name, int iterations, double secondsEach, params double[] slopes) =>
        new(name, [.. slopes.Select((slope, i) => ((ulong)i + 1, Record(iterations, secondsEach, slope)))]);

    public static RunRecord Record(int iterations, double secondsEach, double slope)
    {
        var events = new List<RunEvent>();
        for (var i = 0; i <= iterations; i++)
        {
            if (i > 0) events.Add(new RunEvent.Iterated(Metrics(i)) { Iteration = i, Seconds = i * secondsEach });
            if (i % 10 != 0) continue;
            var scores = new[] { "reward", "verifier", "rmse", "kl" }.ToImmutableSortedDictionary(name => name, _ => 0.5 + (slope * i));
            events.Add(new RunEvent.Evaluated(scores) { Iteration = i, Seconds = i * secondsEach });
        }
        return new(events);
    }

    /// <summary>T = 10, splits 0, 2, 4, 6, two prompts; rewards are the first numbers of the leaves.</summary>
    public static RolloutTree Tree()
    {
        BranchGrpo.Kit.Native.LibTorch.Load();
        using var policy = new ShapesPolicy(ShapesSize.Cpu);
        var plan = Recipes.Find("BranchGRPO", Geometry.Quick).Plan.At(1, 1);
        var tree = TreeRollout.Grow(policy, plan, [.. ShapesPrompts.Training.Take(2)], SeededNoise.For(3, 1));
        TreeRollout.Score(tree, (latents, prompts) => [.. Enumerable.Range(0, prompts.Count).Select(i => (double)latents[i][0][0].item<float>())]);
        return tree;
    }

    public static CreditedTree Credit(RolloutTree tree) =>
        CreditedTree.From(tree, new FusionRule.Mean(), new AdvantageRule(Baseline.Depth, AdvantageScale.Depth));

    /// <summary>128 trees of 16 leaves: measure i is i + 1 times <paramref name="size"/>, a share of it inside a tree.</summary>
    public static LeafResult Leaves(string name, double size = 0.001, double share = 0.4, double p = 0.5) => new(name, 128, 16,
        Enum.GetValues<LeafMeasure>().Select(m => m >= LeafMeasure.PictureDistance
            ? new LeafQuantity(m, share, 1, 0.9, 1.1, p)
            : new LeafQuantity(m, size * ((int)m + 1), 0.0002, -0.001, 0.002, p, m == LeafMeasure.Kid ? 0.3 * size : null)), seconds: 2.5);

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
        ApproximateKl = 0.01,
        ReferenceKl = 0,
        GradNorm = 0.1,
        Seconds = new(0.2, 0.1, 0.1, 0.6),
        Depths = [],
    };
}
