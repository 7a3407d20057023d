using System.Collections.Immutable;
using System.Globalization;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Learning rates of the main table's methods: the same three-fold choice for each, made on validation prompts and seeds of its own.</summary>
internal static class Tuning
{
    /// <summary>The methods that scored best on validation prompts with twice their own rate; the others did with their own, none with half.</summary>
    private static readonly ImmutableArray<string> twice =
        ["DanceGRPO", "DanceGRPO-0.6", "MixGRPO", "BranchGRPO", "BranchGRPO-WidPru", "MixGRPO-T5", "TreeGRPO", "BranchGRPO-Split"];

    /// <summary>The main table with the rates that were chosen.</summary>
    public static Ablation Chosen(Ablation main)
    {
        var chosen = main.Variants.ToDictionary(v => v.Name, v => twice.Contains(v.Name) ? Scaled(v.Recipe, 2) : v);
        return new("tuned", "Who is ahead when each method has the learning rate that validation prompts chose?", "the kit's own", "",
            [.. main.Variants.Select(v => chosen[v.Name])])
        {
            IsMain = true,
            Claims = [.. from claim in main.Claims
                         where claim.Place != Place.TimeRatio
                         select claim with
                         {
                             Sentence = claim.Sentence + ", each at its chosen learning rate", Variant = chosen[claim.Variant].Name,
                             Rival = chosen[claim.Rival].Name,
                         }],
        };
    }

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
