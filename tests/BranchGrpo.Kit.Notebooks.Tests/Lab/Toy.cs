using BranchGrpo.Kit.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks.Tests;

/// <summary>A Gaussian flow with a reward that is linear in its pictures, and so in the noise of every step: signal and noise are known.</summary>
internal static class Toy
{
    public const int Elements = 10;

    public static ExperimentTask Task(RewardModel? reward = null) => new()
    {
        Name = "toy",
        CreatePolicy = () => new GaussianFlow(Elements, 0.2),
        TrainingPrompts = ["a", "b", "c", "d"],
        Reward = reward ?? Linear,
        Evaluate = _ => throw new NotSupportedException(),
    };

    /// <summary>Two prompts, T steps, advantages in reward units.</summary>
    public static Recipe Recipe(int steps, Baseline baseline, BranchNoise noise, params (int Step, int Branches)[] splits) => new()
    {
        Name = $"{baseline} {noise}",
        Summary = "",
        Prompts = 2,
        Plan = new() { Schedule = NoiseSchedule.Shifted(steps), Splits = new SplitRule.Fixed(splits), Noise = noise },
        Advantage = new(baseline, AdvantageScale.None) { Clip = double.PositiveInfinity },
        Weighting = EdgeWeighting.PerDepth,
    };

    /// <summary>Variance of the reward that each step's noise creates, up to a common factor.</summary>
    public static double[] Created(PlanRule rule)
    {
        var plan = rule.At(1, 1);
        var created = new double[plan.Depth - 1];
        var passed = 1.0;                                                      // what is left of a step's noise at the last one
        for (var i = created.Length - 1; i >= 0; i--)
        {
            var step = plan.Coefficients(i);
            created[i] = passed * passed * step.Std * step.Std;
            passed *= step.Latent + (step.Velocity * GaussianFlow.Affine(plan.Schedule[i]).Slope);
        }
        return created;
    }

    private static double[] Linear(Tensor latents, IReadOnlyList<string> prompts)
    {
        using var scope = NewDisposeScope();
        return [.. latents.mean([1]).data<double>()];
    }
}
