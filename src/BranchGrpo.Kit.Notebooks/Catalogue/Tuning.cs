using System.Globalization;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Learning rates of the main table's methods: the same three-fold choice for each, made on validation prompts and seeds of its own.</summary>
internal static class Tuning
{
    public static Ablation Of(Ablation main) => new("tuning",
        "Which learning rate suits each method? (Half, once and twice its own; judged on validation prompts.)",
        "the kit's own", "",
        [.. main.Variants.SelectMany(v => new[] { v, Scaled(v.Recipe, 0.5), Scaled(v.Recipe, 2) })])
    {
        IsTuning = true,
    };

    private static Variant Scaled(Recipe recipe, double factor)
    {
        var rate = recipe.LearningRate * factor;
        var text = (rate * 1e5).ToString("0.#", CultureInfo.InvariantCulture);
        return new(recipe with
        {
            Name = $"{recipe.Name} lr {text}e-5",
            Summary = $"{recipe.Name} with learning rate {text}e-5.",
            LearningRate = rate,
            Published = null
        });
    }
}
