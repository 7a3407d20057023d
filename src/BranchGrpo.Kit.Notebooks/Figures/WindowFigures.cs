using BranchGrpo.Kit.Notebooks.Drawing;

namespace BranchGrpo.Kit.Notebooks;

public static partial class Figures
{
    /// <summary>What each step trains, over iterations: one panel per recipe, one scale for all. Empty where a step is ODE, or pruned.</summary>
    /// <param name="title">What is to be seen.</param>
    /// <param name="subtitle">Under which setting.</param>
    /// <param name="iterations">Iterations 1 … n.</param>
    /// <param name="recipes">At least one.</param>
    public static Figure Windows(string title, string subtitle, int iterations, params Recipe[] recipes)
    {
        ArgumentOutOfRangeException.ThrowIfZero(recipes.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, 1);
        var fields = recipes.Select(r => TrainedByStep(r, iterations)).ToArray();
        var scale = ColourScale.Sequential("trained evaluations per leaf", [0, .. fields.SelectMany(f => f).SelectMany(row => row)]);
        var words = string.Join("; ", recipes.Zip(fields, (r, f) =>
            $"{r.Name}: {Short(f.Sum(row => row.Average()))} trained evaluations per leaf and iteration")) + ".";
        var panels = recipes.Zip(fields, (recipe, field) => new Panel("iteration", "denoising step", [new Mark.Cells(recipe.Name, field) { X0 = 1 }])
        {
            Title = recipe.Name,
            XRange = (0.5, iterations + 0.5),
            YRange = (-0.5, fields.Max(f => f.Length) - 0.5),
        });
        return new PanelFigure(title, subtitle, words, new([.. panels]) { Scale = scale, Height = 380 });
    }

    // [step][iteration]
    private static double[][] TrainedByStep(Recipe recipe, int iterations)
    {
        var costs = Enumerable.Range(1, iterations).Select(i => CostModel.Of(recipe, i)).ToArray();
        return [.. Enumerable.Range(0, recipe.Plan.Schedule.Steps).Select(step =>
            costs.Select(c => c.TrainedLevels.Where(level => level.Step == step).Sum(level => (double)level.Latents) / c.Leaves).ToArray())];
    }
}
