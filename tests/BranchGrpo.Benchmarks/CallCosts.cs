using BranchGrpo.Kit;

namespace BranchGrpo.Benchmarks;

/// <summary>Seconds of a policy call, a + b·latents, with and without its backward pass; measured at two sizes. With the calls that the cost model counts they
/// foretell an iteration.</summary>
/// <param name="Forward">Seconds a and b of a forward pass.</param>
/// <param name="Trained">The same with the backward pass.</param>
internal sealed record CallCosts((double PerCall, double PerLatent) Forward, (double PerCall, double PerLatent) Trained)
{
    private const int Few = 8, Many = 64;

    /// <summary>The works that measure the four constants, in the order that <see cref="From"/> takes.</summary>
    public static IEnumerable<(string Name, Func<double> Run)> Works(ExperimentTask task) =>
        from isTrained in new[] { false, true }
        from latents in new[] { Few, Many }
        select ($"{latents} latents{(isTrained ? ", trained" : "")}", (Func<double>)(() => Seconds(task, latents, isTrained)));

    /// <summary>The constants from the medians of <see cref="Works"/>.</summary>
    public static CallCosts From(IReadOnlyList<Timing> measured) =>
        new(Line(measured[0].Median, measured[1].Median), Line(measured[2].Median, measured[3].Median));

    /// <summary>Seconds of an iteration's calls.</summary>
    /// <param name="recipe">Whose first iteration.</param>
    /// <param name="microBatch">Latents per call.</param>
    /// <param name="keeps">Whether forward passes are kept.</param>
    public double Of(Recipe recipe, int microBatch, bool keeps) => NetworkCalls.Of(recipe, microBatch).Sum(call =>
        !call.IsTrained ? Seconds(Forward, call.Latents) : Seconds(Trained, call.Latents) - (keeps && call.IsKept ? Seconds(Forward, call.Latents) : 0));

    private static double Seconds((double PerCall, double PerLatent) line, int latents) => line.PerCall + (line.PerLatent * latents);

    private static (double, double) Line(double few, double many)
    {
        var slope = (many - few) / (Many - Few);
        return (few - (slope * Few), slope);
    }

    private static double Seconds(ExperimentTask task, int latents, bool isTrained)
    {
        const int Calls = 10;
        using var policy = task.CreatePolicy();
        using var all = policy.Encode([.. task.TrainingPrompts.Take(4)]);
        return Timing.Of(() =>
        {
            for (var i = 0; i < Calls; i++) NetworkCalls.Make(policy, all, 0.5, latents, 4, isTrained);
        }, policy.Device) / Calls;
    }
}
