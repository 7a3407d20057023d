using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes;

/// <summary>The embedded task as experiments see it.</summary>
public static class ShapesTask
{
    /// <summary>Base policy, training captions, reward and evaluation.</summary>
    /// <param name="dataFolder">Folder of the weights; found by <see cref="ShapesData.Locate"/> if null.</param>
    /// <param name="size">Size of the policy; <see cref="ShapesSize.Cpu"/> if null.</param>
    /// <param name="device">Where policies and rewards compute; CPU if null.</param>
    /// <param name="repeats">Pictures per caption of an evaluation, at least 2; scores with different numbers are not comparable.</param>
    /// <param name="frozen">Parts of the policy that are not trained; <see cref="ShapesPolicy.DefaultFrozen"/> if null.</param>
    /// <param name="steps">ODE steps of the pictures that are judged, at least 1; scores with different numbers are not comparable.</param>
    /// <returns>A task whose rewards live as long as it does. Each policy it creates belongs to the caller.</returns>
    /// <exception cref="DirectoryNotFoundException">No data folder.</exception>
    /// <exception cref="FileNotFoundException">Weights are missing; the message says what makes them.</exception>
    /// <exception cref="InvalidDataException">Weights are damaged.</exception>
    public static ExperimentTask Create(string? dataFolder = null, ShapesSize? size = null, Device? device = null, int repeats = 6,
        IReadOnlyList<string>? frozen = null, int steps = ShapesEvaluation.DefaultSteps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(repeats, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        size ??= ShapesSize.Cpu;
        var folder = ShapesData.Locate(dataFolder);
        var reward = ShapesReward.Load(folder, device);
        var evaluation = new ShapesEvaluation(size, reward, ShapesReward.LoadHeldOut(folder, device), Base, repeats, steps);
        ShapesPolicy Base()
        {
            var policy = ShapesPolicy.Load(Path.Combine(folder, size.PolicyFile), size, frozen);
            if (device is not null) policy.MoveTo(device);
            return policy;
        }
        Base().Dispose();                                              // damaged weights are told now, not in the middle of a run
        return new ExperimentTask
        {
            Name = (size == ShapesSize.Cpu ? "shapes" : $"shapes-{size.Name}") + (frozen is null ? "" : $", frozen: {string.Join(", ", frozen)}"),
            CreatePolicy = Base,
            TrainingPrompts = ShapesPrompts.Training,
            Reward = reward.Of(size),
            Evaluate = evaluation.Evaluate,
        };
    }
}
