using System.Net;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>What a notebook runs on.</summary>
/// <param name="Line">Versions, preset and processor.</param>
[TypeFormatterSource(typeof(StartFormatters), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed record LabStart(string Line)
{
    /// <summary>The line.</summary>
    public override string ToString() => Line;

    internal string Html => $"<div>{WebUtility.HtmlEncode(Line)}</div>{(PlotlySource.ShallEmbed ? PlotlySource.Script : "")}";
}
