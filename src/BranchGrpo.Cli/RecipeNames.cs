using BranchGrpo.Cli.Commands;
using BranchGrpo.Cli.Images;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Tasks;

namespace BranchGrpo.Cli;

/// <summary>Finds recipes by what a user typed.</summary>
internal static class RecipeNames
{
    /// <summary>The recipes of the embedded task, or of image models.</summary>
    public static IReadOnlyList<Recipe> For(ImageChoice? images, Geometry geometry) =>
        images is null ? Embedded(geometry) : ImageRecipes.For(images.Family, images.Sizes().Policy.Tuning, geometry);

    /// <summary>The recipe of a name, of the embedded task or of an image model with adapters; all of the embedded task without a name.</summary>
    /// <param name="name">As typed.</param>
    /// <param name="geometry">As typed; quick for the embedded task and paper for image models if null.</param>
    public static (IReadOnlyList<Recipe> Recipes, Recipe Baseline, Geometry Geometry) Shown(string? name, string? geometry)
    {
        var family = name is null ? null : ImageRecipes.FamilyOf(name);
        var shape = PlanOptions.ParseGeometry(geometry ?? (family is null ? "quick" : "paper"));
        var all = family is { } known ? ImageRecipes.For(known, FineTuning.Adapters.OfAttention(128), shape)
            : name is null ? Recipes.For(shape) : Embedded(shape);
        return (name is null ? all : [Find(name, all)], all.First(r => r.Name.EndsWith("DanceGRPO", StringComparison.OrdinalIgnoreCase)), shape);
    }

    /// <summary>The recipe of that name, whatever its case.</summary>
    /// <exception cref="Failure">No such recipe; the message names the nearest.</exception>
    public static Recipe Find(string name, Geometry geometry) => Find(name, Embedded(geometry));

    /// <summary>The same with what of the network it trains.</summary>
    /// <exception cref="Failure">No such recipe; the message names the nearest.</exception>
    public static Variant FindVariant(string name, Geometry geometry) => Catalogue.Variant(Find(name, geometry).Name, geometry);

    /// <inheritdoc cref="Find(string, Geometry)"/>
    public static Recipe Find(string name, IReadOnlyList<Recipe> all)
    {
        return all.FirstOrDefault(recipe => Same(recipe.Name, name))
            ?? throw new Failure($"no recipe '{name}'; did you mean '{all.MinBy(r => Distance(r.Name, name))!.Name}'? "
                + $"All: {string.Join(", ", all.Select(r => r.Name))}");
    }

    private static IReadOnlyList<Recipe> Embedded(Geometry geometry) => [.. Catalogue.Variants(geometry).Select(v => v.Recipe)];

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    /// <summary>Levenshtein distance without case: fewest insertions, deletions and replacements.</summary>
    internal static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[b.Length];
    }
}
