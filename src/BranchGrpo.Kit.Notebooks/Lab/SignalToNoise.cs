using Microsoft.Data.Analysis;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>How much of one iteration's gradient is signal: S/(N − S), where S is the mean inner product of gradients of different iterations (an
/// unbiased estimate of ‖E g‖²) and N their mean squared norm. The mean over m iterations has m times as much.</summary>
public sealed class SignalToNoise
{
    /// <summary>Name of the recipe.</summary>
    public required string Name { get; init; }

    /// <summary>Iterations measured.</summary>
    public required int Iterations { get; init; }

    /// <summary>Mean cost of these iterations: <see cref="Cost.ForwardUnits"/>.</summary>
    public required double ForwardUnits { get; init; }

    /// <summary>Processor seconds that rollout and gradient of an iteration took, the median.</summary>
    public required double Seconds { get; init; }

    /// <summary>Of the gradient as it is, all trained edges in one update.</summary>
    public required Estimate Plain { get; init; }

    /// <summary>Of the gradient divided by Adam's scale (<see cref="SignalProbe"/>), all trained edges in one update.</summary>
    public required Estimate Adam { get; init; }

    /// <summary>The same for the edges of each denoising step, by step.</summary>
    public required IReadOnlyList<StepSignal> Steps { get; init; }

    /// <summary>Signal to noise per 1,000 forward units: what a mean over as many iterations as that pays for would have.</summary>
    public Estimate PerThousandUnits => Adam * (1000 / ForwardUnits);

    /// <summary>The step of a number; null where none of the iterations trained it.</summary>
    public StepSignal? Step(int step) => Steps.Cast<StepSignal?>().FirstOrDefault(s => s!.Value.Step == step);

    /// <summary>A row per recipe, signal to noise in thousandths.</summary>
    public static DataFrame Table(IReadOnlyList<SignalToNoise> all) => new(
        new StringDataFrameColumn("method", all.Select(s => s.Name)),
        new PrimitiveDataFrameColumn<int>("iterations", all.Select(s => s.Iterations)),
        new DoubleDataFrameColumn("forward units", all.Select(s => Math.Round(s.ForwardUnits))),
        new StringDataFrameColumn("1000 × S/N", all.Select(s => (1000 * s.Plain).ToString())),
        new StringDataFrameColumn("… under Adam's scale", all.Select(s => (1000 * s.Adam).ToString())),
        new StringDataFrameColumn("… per 1,000 units", all.Select(s => (1000 * s.PerThousandUnits).ToString())),
        new StringDataFrameColumn("… by step",
            all.Select(s => string.Join(" ", s.Steps.Select(step => (1000 * step.Adam with { Error = double.NaN }).ToString())))));
}
