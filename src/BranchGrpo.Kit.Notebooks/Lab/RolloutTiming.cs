using System.Diagnostics;
using System.Globalization;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>What growing the trees of a plan costs, without reward and training.</summary>
/// <param name="Name">Name of the plan.</param>
/// <param name="Leaves">Leaves grown.</param>
/// <param name="Evaluations">Policy evaluations, as the rollout counted them.</param>
/// <param name="Seconds">Elapsed seconds: the least of the repetitions, since other programs only ever add.</param>
public sealed record RolloutTiming(string Name, int Leaves, long Evaluations, double Seconds)
{
    /// <summary>Grows the plans in turn, several times over.</summary>
    /// <param name="prompts">One tree each.</param>
    /// <param name="repeats">At least 1; one more round before it warms up.</param>
    /// <param name="plans">Name and plan of each.</param>
    public static IReadOnlyList<RolloutTiming> Measure(IReadOnlyList<string> prompts, int repeats, params (string Name, RolloutPlan Plan)[] plans)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(repeats, 1);
        var best = new RolloutTiming[plans.Length];
        for (var repeat = 0; repeat <= repeats; repeat++)
            for (var i = 0; i < plans.Length; i++)
            {
                var timing = Grow(plans[i].Name, plans[i].Plan, prompts);
                if (repeat <= 1 || timing.Seconds < best[i].Seconds) best[i] = timing;
            }
        return best;
    }

    /// <summary>Evaluations per leaf: NFE as the paper counts it, with each node evaluated once.</summary>
    public double PerLeaf => (double)Evaluations / Leaves;

    /// <summary>E.g. "tree: 203 evaluations for 16 leaves (12.69 each), 0.121 s".</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Name}: {Evaluations} evaluations for {Leaves} leaves ({PerLeaf:0.00} each), {Seconds:0.000} s");

    private static RolloutTiming Grow(string name, RolloutPlan plan, IReadOnlyList<string> prompts)
    {
        var start = Stopwatch.GetTimestamp();
        using var tree = TreeRollout.Grow(Lab.BasePolicy, plan, prompts, SeededNoise.For(1, 1));
        if (Lab.Device.type == TorchSharp.DeviceType.CUDA) TorchSharp.torch.cuda.synchronize();
        return new(name, tree.LevelCount(plan.Depth), tree.Evaluations, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }
}
