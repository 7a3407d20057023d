namespace BranchGrpo.Kit.Notebooks;

/// <summary>How the first line of a notebook shows itself.</summary>
internal sealed class StartFormatters
{
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new TypeFormatter<LabStart>("text/html", start => start.Html),
        new TypeFormatter<LabStart>("text/plain", start => start.Line),
    ];
}
