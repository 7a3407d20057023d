using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SkiaSharp;

namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>A picture as SVG text, made short: pixels need one decimal.</summary>
internal static partial class SvgText
{
    /// <summary>Mitres that stand for dashes: the canvas cannot write those, so they are put in afterwards.</summary>
    public const float Solid = 4, Dashed = 5, Dotted = 6;

    /// <summary>What is drawn on the canvas, over white, with elements on top.</summary>
    public static string Record(int width, int height, List<string> overlays, Action<SKCanvas> draw)
    {
        using var stream = new MemoryStream();
        using (var canvas = SKSvgCanvas.Create(new SKRect(0, 0, width, height), stream)) draw(canvas);
        var text = Encoding.UTF8.GetString(stream.ToArray());
        var start = text.IndexOf('>', text.IndexOf("<svg", StringComparison.Ordinal)) + 1;
        var body = text[start..text.LastIndexOf("</svg>", StringComparison.Ordinal)];
        return $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" "
            + $"font-family=\"{Ink.Family}, Verdana, Arial, sans-serif\">"
            + $"<rect fill=\"#fff\" width=\"{width}\" height=\"{height}\"/>{Tidy(body)}{string.Concat(overlays)}</svg>";
    }

    private static string Tidy(string svg)
    {
        svg = Blank().Replace(svg, m => m.Value.Contains('\n') ? "" : " ");
        var clips = Clip().Matches(svg).Select(m => m.Value).Distinct().ToList();                   // numbered through the life of the process
        svg = Clip().Replace(svg, m => $"clip{clips.IndexOf(m.Value)}");
        svg = Tag().Replace(svg, tag => TidyTag(tag.Value));
        return svg.Replace($" font-family=\"{Ink.Family}\"", "");
    }

    // Places of single letters go: a reader's font may be another one. A dot is a line without length.
    private static string TidyTag(string tag)
    {
        tag = Number().Replace(tag, Round).Replace(", \"", "\"").Replace(", ", " ");
        tag = Letters().Replace(Dot().Replace(tag, "M$1h0"), "$1");
        return tag.Replace($" stroke-miterlimit=\"{Solid}\"", "")
            .Replace($" stroke-miterlimit=\"{Dashed}\"", " stroke-dasharray=\"7 4\"")
            .Replace($" stroke-miterlimit=\"{Dotted}\"", " stroke-dasharray=\"2 3\"");
    }

    private static string Round(Match number)
    {
        var (share, value) = (number.Groups["share"], double.Parse(number.Groups["value"].Value, CultureInfo.InvariantCulture));
        return share.Value + value.ToString(share.Success ? "0.##" : "0.#", CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"(?<share>opacity="")?(?<value>-?\d+\.\d+(e-?\d+)?)")]
    private static partial Regex Number();

    [GeneratedRegex(@"M(-?[\d.]+ -?[\d.]+)L\1(?![\d.])")]
    private static partial Regex Dot();

    [GeneratedRegex(@"( x=""-?[\d.]+) [^""]*")]
    private static partial Regex Letters();

    [GeneratedRegex(@"\bcl_[0-9a-f]+\b")]
    private static partial Regex Clip();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\s{2,}|\n")]
    private static partial Regex Blank();
}
