using BranchGrpo.Kit.Notebooks.Session;

namespace BranchGrpo.Kit.Notebooks;

public static partial class Lab
{
    private static readonly Lazy<SignalProbe> signals = new(() => new(Task, BasePolicy) { ScaleIterations = Math.Min(16, Preset.Samples) });

    /// <summary>Signal to noise of one iteration's gradient at the base policy, recipe by recipe, over the preset's number of iterations.</summary>
    /// <param name="recipes">Their names tell them apart.</param>
    /// <exception cref="OperationCanceledException">The cell was interrupted.</exception>
    public static IReadOnlyList<SignalToNoise> SignalToNoise(params IReadOnlyList<Recipe> recipes)
    {
        var iterations = Math.Max(3, Preset.Samples);
        return [.. recipes.Select(recipe =>
        {
            var progress = new LabProgress(recipe.Name);
            var found = signals.Value.Measure(LabRuns.Scaled(recipe), iterations, progress: done => progress.Report((double)done / iterations),
                stop: CellInterrupt.Token);
            progress.Finish($"{iterations} iterations of {found.Seconds:0.00} s");
            return found;
        })];
    }
}
