using System.Net;
using System.Text;
using BranchGrpo.Cli.Compare;

namespace BranchGrpo.Cli.Report;

/// <summary>One file that opens without a network: tables, figures, pictures, settings. Where no script runs the static figures stay.</summary>
internal static class HtmlReport
{
    private const string Style = """
        body{font:15px/1.5 system-ui,sans-serif;color:#222;background:#fff;max-width:980px;margin:2em auto;padding:0 1em}
        table{border-collapse:collapse;margin:.5em 0 1.5em}th,td{padding:.25em .9em;text-align:right;border-bottom:1px solid #ddd}
        th:first-child,td:first-child{text-align:left}th{border-bottom:2px solid #888}
        h1{font-size:1.6em}h2{font-size:1.2em;margin-top:2em}
        img{max-width:100%}img.pixels{image-rendering:pixelated}pre{background:#f5f5f5;padding:1em;overflow:auto}
        """;

    /// <summary>The page.</summary>
    /// <param name="pictures">Caption and PNG file of each picture; those that do not exist are left out.</param>
    public static string Of(
        Comparison comparison, string title, string setting, string settingsJson, IEnumerable<(string Caption, string Path)> pictures)
    {
        var html = new StringBuilder("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
        html.Append($"<title>{Text(title)}</title><style>{Style}</style>\n{PlotlySource.Script}\n</head><body>\n");
        html.Append($"<h1>{Text(title)}</h1><p>{Text(setting)}</p>\n<h2>In words</h2>\n");
        foreach (var line in Verdict.Lines(comparison)) html.Append($"<p>{Text(line)}</p>\n");
        foreach (var table in ResultTable.Of(comparison)) Append(html, table);
        html.Append("<h2>Figures</h2>\n<noscript><p>Scripts are off: the figures below are the static ones, with the same numbers.</p></noscript>\n");
        foreach (var figure in Figures(comparison, setting)) html.Append($"{FigureHtml.Of(figure, isOffline: true)}\n");
        html.Append("<h2>Pictures</h2><p>Same prompts, same noise.</p>\n");
        foreach (var (caption, path) in pictures.Where(p => File.Exists(p.Path)))
        {
            var png = Convert.ToBase64String(File.ReadAllBytes(path));
            html.Append($"<p>{Text(caption)}<br><img class=\"pixels\" alt=\"{Text(caption)}\" src=\"data:image/png;base64,{png}\"></p>\n");
        }
        html.Append($"<h2>Settings</h2><pre>{Text(settingsJson)}</pre>\n");
        html.Append("</body></html>\n");
        return html.ToString();
    }

    /// <summary>Each score, where the time goes, and what a leaf costs.</summary>
    internal static IReadOnlyList<Figure> Figures(Comparison comparison, string setting)
    {
        var seeds = comparison.Seeds == 1 ? "one seed" : $"mean of {comparison.Seeds} seeds, band = standard deviation over seeds";
        return
        [
            .. comparison.Scores.Select(score => comparison.Alignment(score.Name, subtitle: $"{seeds}; {setting}")),
            comparison.Time(), comparison.Evaluations(),
        ];
    }

    private static void Append(StringBuilder html, ResultTable table)
    {
        html.Append($"<h2>{Text(table.Title)}</h2><table><tr>");
        foreach (var column in table.Columns) html.Append($"<th>{Text(column)}</th>");
        html.Append("</tr>\n");
        foreach (var row in table.Rows)
        {
            html.Append("<tr>").AppendJoin("", row.Select(cell => $"<td>{Text(cell)}</td>")).Append("</tr>\n");
        }
        html.Append("</table>\n");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
