namespace BranchGrpo.Kit.Notebooks;

/// <summary>The published comparisons and ablations as values.</summary>
public static class Catalogue
{
    /// <summary>All entries at a geometry. Splits of the paper's 20 steps stand at half their place at T = 10.</summary>
    public static IReadOnlyList<Ablation> For(Geometry geometry)
    {
        var main = MainTable.Of(geometry);
        return
        [
            main, .. TreeAblations.Of(geometry), .. CreditAblations.Of(geometry), .. TrainingAblations.Of(geometry), .. OwnAblations.All(), Tuning.Of(main),
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

    /// <summary>Every variant once, in the order of the entries.</summary>
    public static IReadOnlyList<Variant> Variants(Geometry geometry) => [.. For(geometry).SelectMany(a => a.Variants).DistinctBy(v => v.Name)];

    /// <summary>The variant of a name, whatever its case; every recipe of <see cref="Recipes"/> is one too.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Variant Variant(string name, Geometry geometry) =>
        Variants(geometry).Concat(Recipes.For(geometry).Select(r => new Variant(r))).FirstOrDefault(v =>
            v.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException($"The catalogue has no variant \"{name}\"; 'ablate list' shows them.", nameof(name));
}
