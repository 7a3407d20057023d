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
            Tuning.Chosen(main),
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

    /// <summary>Every recipe of <see cref="Recipes"/> and every variant of an entry, once each.</summary>
    public static IReadOnlyList<Variant> Variants(Geometry geometry)
    {
        Variant[] entries = [.. For(geometry).SelectMany(a => a.Variants)];
        var known = entries.DistinctBy(v => v.Name).ToDictionary(v => v.Name);
        return [.. Recipes.For(geometry).Select(r => known.GetValueOrDefault(r.Name) ?? new(r)).Concat(entries).DistinctBy(v => v.Name)];
    }

    /// <summary>The variant of a name, whatever its case.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Variant Variant(string name, Geometry geometry) =>
        Variants(geometry).FirstOrDefault(v => v.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException($"The catalogue has no variant \"{name}\"; its entries and 'recipes' list them.", nameof(name));
}
