namespace BranchGrpo.Kit.Notebooks;

/// <summary>How figures show themselves.</summary>
internal sealed class FigureFormatters
{
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new TypeFormatter<Figure>("text/html", figure => figure.ToHtml()),
        new TypeFormatter<Figure>("text/plain", figure => figure.ToString()),
    ];
}
