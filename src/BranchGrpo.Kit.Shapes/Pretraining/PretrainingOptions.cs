using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes;

/// <summary>What pretraining makes, and for how long. The defaults made the files in the repository's data folder.</summary>
public sealed record PretrainingOptions
{
    /// <summary>Size of the policy.</summary>
    public ShapesSize Size { get; init; } = ShapesSize.Cpu;

    /// <summary>Every draw is a function of this number, the target and the step.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Optimiser steps of the policy; the learning rate falls as a cosine over them.</summary>
    public int PolicySteps { get; init => field = AtLeastOne(value); } = 5000;

    /// <summary>Optimiser steps of each reward.</summary>
    public int RewardSteps { get; init => field = AtLeastOne(value); } = 1500;

    /// <summary>Pictures per step of the policy.</summary>
    public int BatchSize { get; init => field = AtLeastOne(value); } = 32;

    /// <summary>Highest learning rate of the policy.</summary>
    public double LearningRate { get; init => field = Between(value, 0, 1); } = 1.2e-3;

    /// <summary>Probability with which each word of a training caption is replaced by a random one: captions as the web has them.</summary>
    public double CaptionNoise { get; init => field = Between(value, 0, 1); } = 0.15;

    /// <summary>Steps between two saves of the state and two reports of quality.</summary>
    public int SaveEvery { get; init => field = AtLeastOne(value); } = 500;

    /// <summary>Where the networks compute; CPU if null. Pictures and noise are always drawn on the CPU.</summary>
    public Device? Device { get; init; }

    /// <summary>The options that decide what comes out, as recorded in the files.</summary>
    internal string Describe(PretrainingTarget target) => FormattableString.Invariant(target == PretrainingTarget.Policy
        ? (FormattableString)
            $"seed {Seed}, size {Size.Name}, {PolicySteps} steps, batch {BatchSize}, learning rate {LearningRate}, caption noise {CaptionNoise}"
        : $"seed {Seed}, {RewardSteps} steps");

    internal int StepsOf(PretrainingTarget target) => target == PretrainingTarget.Policy ? PolicySteps : RewardSteps;

    private static int AtLeastOne(int value) =>
        value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "must be at least 1");

    private static double Between(double value, double low, double high) =>
        value >= low && value <= high ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"must be in [{low}, {high}]");
}
