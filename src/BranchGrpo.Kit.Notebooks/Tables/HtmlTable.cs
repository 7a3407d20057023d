using System.Globalization;
using System.Net;
using System.Text;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>A table as HTML and as text: numbers to the right, text to the left.</summary>
/// <param name="Columns">Names.</param>
/// <param name="Rows">One text per column; <c>**…**</c> stands for bold.</param>
internal sealed record HtmlTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    private const string Cell = "padding:.25em .9em;border-bottom:1px solid #ddd;text-align:";
    private const string Above = "text-align:left;color:#555;background:#fff;padding:.3em .9em";

    /// <summary>Written above the table.</summary>
    public string Caption { get; init; } = "";

    public string ToHtml()
    {
        var sides = Columns.Select((_, c) => IsNumeric(c) ? "right" : "left").ToArray();
        var html = new StringBuilder("<table style=\"border-collapse:collapse;background:#fff;color:#222;font-size:14px\">");
        if (Caption.Length > 0) html.Append($"<caption style=\"{Above}\">{Text(Caption)}</caption>");
        html.Append("<thead><tr>");
        html.AppendJoin("", Columns.Select((name, c) => $"<th style=\"{Cell}{sides[c]};border-bottom:2px solid #888\">{Text(name)}</th>"));
        html.Append("</tr></thead><tbody>");
        foreach (var row in Rows)
        {
            var cells = row.Select((text, c) => $"<td style=\"white-space:{(text.Length < 24 ? "nowrap" : "normal")};{Cell}{sides[c]}\">{Bold(text)}</td>");
            html.Append("<tr>").AppendJoin("", cells).Append("</tr>");
        }
        return html.Append("</tbody></table>").ToString();
    }

    public string ToMarkdown()
    {
        string[] lines = [Row(Columns), Row([.. Columns.Select((_, c) => IsNumeric(c) ? "---:" : "---")]), .. Rows.Select(Row)];
        return string.Join("\n", lines);

        static string Row(IReadOnlyList<string> cells) => "| " + string.Join(" | ", cells.Select(text => text.Replace("|", "\\|"))) + " |";
    }

    public override string ToString()
    {
        int[] widths = [.. Columns.Select((name, c) => Rows.Select(r => r[c].Length).Append(name.Length).Max())];
        var lines = Rows.Prepend(Columns).Select(row => string.Join("  ", row.Select(Padded)).TrimEnd());
        return (Caption.Length > 0 ? Caption + "\n" : "") + string.Join("\n", lines);

        string Padded(string text, int c) => IsNumeric(c) ? text.PadLeft(widths[c]) : text.PadRight(widths[c]);
    }

    /// <summary>A number as tables show it: whole numbers whole, others in about four digits.</summary>
    public static string Number(object? value) => value switch
    {
        null => "",
        double d when Math.Abs(d) is >= 1e6 or (> 0 and < 1e-4) => d.ToString("0.###e0", CultureInfo.InvariantCulture),
        double d => d.ToString(Math.Abs(d) >= 100 ? "0.#" : "0.####", CultureInfo.InvariantCulture),
        float f => Number((double)f),
        IFormattable known => known.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private bool IsNumeric(int column) => Rows.Count > 0
        && Rows.All(row => row[column].Length == 0 || row[column].TrimStart('*', '-', '+', '−') is [>= '0' and <= '9', ..]);

    private static string Bold(string text) => text is ['*', '*', .. var inner, '*', '*'] ? $"<b>{Text(inner)}</b>" : Text(text);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
