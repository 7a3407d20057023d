using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SkiaSharp;

namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>A picture as SVG text, made short: pixels need one decimal.</summary>
internal static partial class SvgText
{
    /// <summary>What is drawn on the canvas, over white, with elements on top.</summary>
    public static string Record(int width, int height, List<string> overlays, Action<SKCanvas> draw)
    {
        using var stream = new MemoryStream();
        using (var canvas = SKSvgCanvas.Create(new SKRect(0, 0, width, height), stream)) draw(canvas);
        var text = Encoding.UTF8.GetString(stream.ToArray());
        var start = text.IndexOf('>', text.IndexOf("<svg", StringComparison.Ordinal)) + 1;
        var body = text[start..text.LastIndexOf("</svg>", StringComparison.Ordinal)];
        return $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">"
            + $"<rect fill=\"#fff\" width=\"{width}\" height=\"{height}\"/>{Tidy(body)}{string.Concat(overlays)}</svg>";
    }

    private static string Tidy(string svg)
    {
        svg = Blank().Replace(svg, m => m.Value.Contains('\n') ? "" : " ");
        svg = Tag().Replace(svg, tag => Number().Replace(tag.Value, Round).Replace(", \"", "\"").Replace(", ", " ").Replace(" stroke-miterlimit=\"4\"", ""));
        return svg.Replace($"font-family=\"{Ink.Family}\"", $"font-family=\"{Ink.Family}, Verdana, Arial, sans-serif\"");
    }

    private static string Round(Match number) => number.Groups["share"].Value
        + double.Parse(number.Groups["value"].Value, CultureInfo.InvariantCulture).ToString(number.Groups["share"].Success ? "0.##" : "0.#", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?<share>opacity="")?(?<value>-?\d+\.\d+(e-?\d+)?)")]
    private static partial Regex Number();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\s{2,}|\n")]
    private static partial Regex Blank();
}
