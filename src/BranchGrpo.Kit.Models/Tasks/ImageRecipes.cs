using BranchGrpo.Kit.Models.Policies;

namespace BranchGrpo.Kit.Models.Tasks;

/// <summary>The kit's recipes with the settings of image models: <c>flux-branchgrpo</c>, <c>sd3-dancegrpo</c> and so on for every recipe of the kit.</summary>
/// <remarks>
/// FLUX: constant noise η = 0.3, shift 3, clip range 1e-3, weight average 0.995, 2 prompts per iteration, which is what one GPU of the paper's 16 does
/// (BranchGRPO, arXiv 2509.06040v5, and its script). SD3.5: Flow-SDE noise η = 0.7, as the paper's SD3.5 run used Flow-GRPO's pipeline (arXiv 2505.05470).
/// Step size 1e-5 where all weights are trained (the paper's); 1e-4 for low-rank adapters, which start from zero and change little at 1e-5
/// (DanceGRPO's run with adapters has 3e-4). Optimiser steps per iteration are the same for all methods, as in the kit's recipes.
/// </remarks>
public static class ImageRecipes
{
    /// <summary>The time shift of both families' training schedules.</summary>
    public const double Shift = 3;

    /// <summary>All recipes of a family.</summary>
    /// <param name="family">FLUX or SD3.</param>
    /// <param name="tuning">What is trained; it decides the step size.</param>
    /// <param name="geometry">The paper's 20 steps, or 10.</param>
    public static IReadOnlyList<Recipe> For(ImageFamily family, FineTuning tuning, Geometry geometry = Geometry.Paper) =>
        [.. Recipes.For(geometry).Select(recipe => Of(recipe, family, tuning))];

    /// <summary>The recipe of a name, whatever its case.</summary>
    /// <param name="name">Such as <c>flux-branchgrpo</c>.</param>
    /// <param name="tuning">What is trained; it decides the step size.</param>
    /// <param name="geometry">The paper's 20 steps, or 10.</param>
    /// <exception cref="ArgumentException">There is none; the message lists the names.</exception>
    public static Recipe Find(string name, FineTuning tuning, Geometry geometry = Geometry.Paper)
    {
        var all = Enum.GetValues<ImageFamily>().SelectMany(family => For(family, tuning, geometry)).ToArray();
        return all.FirstOrDefault(r => r.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException($"There is no recipe \"{name}\". Recipes: {string.Join(", ", all.Select(r => r.Name))}.", nameof(name));
    }

    /// <summary>The family that a recipe's name begins with, or none.</summary>
    public static ImageFamily? FamilyOf(string recipe) => Enum.GetValues<ImageFamily>()
        .Where(family => recipe.StartsWith(Prefix(family), StringComparison.OrdinalIgnoreCase)).Select(family => (ImageFamily?)family).FirstOrDefault();

    private static string Prefix(ImageFamily family) => family.ToString().ToLowerInvariant() + "-";

    private static Recipe Of(Recipe recipe, ImageFamily family, FineTuning tuning) => recipe with
    {
        Name = Prefix(family) + recipe.Name.ToLowerInvariant(),
        Plan = recipe.Plan with { Schedule = NoiseSchedule.Shifted(recipe.Plan.Schedule.Steps, Shift), Dynamics = Noise(recipe.Plan.Dynamics, family) },
        // A recipe that asks for more prompts than the kit's usual 4 does so in proportion.
        Prompts = Math.Max(1, recipe.Prompts / 2),
        LearningRate = recipe.LearningRate * (tuning is FineTuning.Full ? 0.1 : 1),
        EmaDecay = 0.995,
        Published = family == ImageFamily.Flux && recipe.Plan.Schedule.Steps == 20 ? recipe.Published : null,
    };

    // Only the constant noise of the small task is another's here; Flow-SDE and CPS are sized by their own papers.
    private static Dynamics Noise(Dynamics dynamics, ImageFamily family) => dynamics is not Dynamics.DanceSde ? dynamics
        : family == ImageFamily.Flux ? new Dynamics.DanceSde(0.3) : new Dynamics.FlowSde(0.7);
}
