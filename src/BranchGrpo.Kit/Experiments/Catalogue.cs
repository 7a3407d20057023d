using System.Collections.Immutable;

namespace BranchGrpo.Kit;

/// <summary>A question, and the recipes that answer it when they are trained side by side.</summary>
/// <param name="Name">Short name.</param>
/// <param name="Question">What the recipes differ in.</param>
/// <param name="Source">Where the question comes from.</param>
/// <param name="Recipes">The baseline first.</param>
public sealed record Ablation(string Name, string Question, string Source, ImmutableArray<Recipe> Recipes);

/// <summary>The published comparisons and ablations as values.</summary>
public static class Catalogue
{
    /// <summary>All of them at a geometry. Splits of the paper's 20 steps stand at half their place at T = 10.</summary>
    public static IReadOnlyList<Ablation> For(Geometry geometry)
    {
        var branch = Recipes.Find("BranchGRPO", geometry);
        Recipe Variant(string change, Func<Recipe, Recipe> make) => make(branch) with { Name = $"BranchGRPO {change}", Published = null };
        Recipe SplitAt(params int[] of20)
        {
            int[] steps = geometry == Geometry.Paper ? of20 : [.. of20.Select(s => s / 2)];
            return Variant($"splits {string.Join(',', steps)}", r => r with { Plan = r.Plan with { Splits = new SplitRule.Fixed(2, steps) } });
        }
        Recipe Strength(double s) => Variant($"s = {s:0}", r => r with { Plan = r.Plan with { Noise = new BranchNoise.Correlated(s) } });
        Recipe Fused(string change, FusionRule rule) => Variant(change, r => r with { Fusion = rule });
        return
        [
            new("main", "Which method scores higher, and at what cost?", "arXiv 2509.06040v5, Table 1",
            [
                .. new[]
                {
                    "DanceGRPO", "DanceGRPO-T4", "MixGRPO", "BranchGRPO", "BranchGRPO-WidPru", "BranchGRPO-DepPru", "BranchGRPO-Mix", "BranchGRPO-Split",
                }.Select(name => Recipes.Find(name, geometry)),
            ]),
            new("splits", "Should the tree split early or late?", "arXiv 2509.06040v5, split schedules Dense, Sparse and late",
                [branch, SplitAt(0, 3, 6, 9), SplitAt(0, 5, 10, 15), SplitAt(9, 12, 15, 18)]),
            new("correlation", "How alike should the noise of siblings be?", "arXiv 2509.06040v5, s in {1, 2, 4, 8}; the recipe has s = 4",
                [branch, Strength(1), Strength(2), Strength(8)]),
            new("fusion", "Do path-probability weights help?", "arXiv 2509.06040v5, β in {0, 1}; the reduction is not given there",
            [
                branch, Fused("β = 1, mean", new FusionRule.PathProbability(1, Reduction.Mean)),
                Fused("β = 1, sum", new FusionRule.PathProbability(1, Reduction.Sum)),
            ]),
        ];
    }

    /// <summary>The entry of a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists the names.</exception>
    public static Ablation Find(string name, Geometry geometry = Geometry.Quick)
    {
        var all = For(geometry);
        return all.FirstOrDefault(a => a.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException($"There is no ablation \"{name}\". There are {string.Join(", ", all.Select(a => a.Name))}.", nameof(name));
    }
}
