namespace BranchGrpo.Kit.Notebooks;

/// <summary>A value shown as one line.</summary>
internal interface IShownLine
{
    string Html { get; }
}

/// <summary>How claims and exercises show themselves.</summary>
internal sealed class LineFormatters
{
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new TypeFormatter<IShownLine>("text/html", line => line.Html),
        new TypeFormatter<IShownLine>("text/plain", line => line.ToString()!),
    ];

    /// <summary>A line on a plate that reads on light and dark pages.</summary>
    public static string Line(Outcome outcome, string html)
    {
        var (mark, colour, plate) = outcome switch
        {
            Outcome.Holds => ("✔", "#0b5d1e", "#e6f4ea"),
            Outcome.Fails => ("✘", "#8c1d18", "#fce8e6"),
            _ => ("·", "#444444", "#eeeeee"),
        };
        return $"<div style=\"padding:.4em .8em;border-left:4px solid {colour};background:{plate};color:{colour}\">{mark} {html}</div>";
    }
}
