namespace BranchGrpo.Kit.Notebooks;

/// <summary>Comparisons show their table.</summary>
internal sealed class ComparisonFormatters
{
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new TypeFormatter<Comparison>("text/html", comparison => KitTables.Of(comparison.Table()).ToHtml()),
        new TypeFormatter<Comparison>("text/plain", comparison => KitTables.Of(comparison.Table()).ToString()),
    ];
}
