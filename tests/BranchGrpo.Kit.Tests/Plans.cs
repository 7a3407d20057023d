using CsCheck;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests;

/// <summary>Plans, trees and rewards that the tests share.</summary>
internal static class Plans
{
    public static readonly int[] Dense = [0, 3, 6, 9];

    public static RolloutPlan Tree(int steps, int[] splits, int branches = 2, double eta = 0.7, BranchNoise? noise = null,
        ScoredLatent scored = ScoredLatent.Final, int roots = 1, InitialNoise initial = InitialNoise.Shared, Dynamics? dynamics = null) =>
        new(NoiseSchedule.Shifted(steps), Enumerable.Range(0, steps).Select(i => new PlanStep(true, splits.Contains(i) ? branches : 1)),
            dynamics ?? new Dynamics.DanceSde(eta), new(roots, initial), noise, scored);

    /// <summary>A tree without latents whose leaf i scores <paramref name="reward"/>(i).</summary>
    public static CreditedTree Credited(RolloutPlan plan, int prompts = 1, Func<int, double>? reward = null, AdvantageRule? rule = null, int iteration = 1)
    {
        var shape = TreeShape.Of(plan, prompts);
        var leaves = shape.Parent.Length - shape.LevelStart[plan.Depth];
        var value = RewardFusion.Mean(shape.Parent, [.. Enumerable.Range(0, leaves).Select(reward ?? (i => Math.Sin(7.3 * i)))]);
        return CreditedTree.Of(shape, plan, value, rule ?? new(Baseline.Depth, AdvantageScale.Depth)) with { Iteration = iteration };
    }

    /// <summary>Random trees with irregular shape, log-probabilities and rewards on a grid (well conditioned).</summary>
    public static readonly Gen<(int[] Parent, double[] LogProb, double[] Reward)> Irregular =
        from size in Gen.Int[1, 40]
        from parents in Gen.Int[0, 1000].Array[size]
        from logProb in Gen.Int[-20, 20].Array[size]
        from reward in Gen.Int[-12, 12].Array[size]
        let parent = parents.Select((p, i) => i == 0 ? -1 : p % i).ToArray()
        let leaves = Enumerable.Range(0, size).Count(i => !parent.Contains(i))
        select (parent, logProb.Select(l => l / 4.0).ToArray(), reward.Take(leaves).Select(r => r / 4.0).ToArray());

    /// <summary>Minus the mean squared distance to a target: the optimum of <see cref="GaussianFlow"/> is mean = target.</summary>
    public static RewardModel Near(double target) => (latents, _) =>
    {
        using var scope = NewDisposeScope();
        return [.. (latents - target).square().mean([1]).neg().to(float64).data<double>()];
    };

    /// <summary>Live tensors, once those that other tests left to the collector are gone.</summary>
    public static long LiveTensors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }
}
