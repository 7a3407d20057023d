using System.Globalization;
using System.Net;
using System.Text;

namespace BranchGrpo.Cli.Report;

/// <summary>A drawing of lines, bands and bars in a plain SVG: the face of a figure where no script runs.</summary>
internal sealed class Svg(int width, int height)
{
    private readonly StringBuilder body = new();

    /// <summary>Maps data to pixels inside one pair of axes.</summary>
    public readonly record struct Axes(double Left, double Top, double Right, double Bottom, double X0, double X1, double Y0, double Y1)
    {
        public double X(double x) => Left + ((x - X0) / (X1 - X0) * (Right - Left));

        public double Y(double y) => Bottom - ((y - Y0) / (Y1 - Y0) * (Bottom - Top));
    }

    public void Text(double x, double y, string text, string anchor = "start", int size = 12, double turn = 0)
    {
        var words = WebUtility.HtmlEncode(text);
        Add($"<text transform=\"translate({x:0.#} {y:0.#}) rotate({turn:0})\" text-anchor=\"{anchor}\" font-size=\"{size}\">{words}</text>");
    }

    public void Line(IEnumerable<(double X, double Y)> points, string colour, double thickness = 2, bool dashed = false)
    {
        var (dashes, path) = (dashed ? "6 4" : "none", Points(points));
        Add($"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"{thickness:0.#}\" stroke-dasharray=\"{dashes}\" points=\"{path}\"/>");
    }

    public void Band(IEnumerable<(double X, double Y)> outline, string colour) =>
        Add($"<polygon fill=\"{colour}\" fill-opacity=\"0.15\" points=\"{Points(outline)}\"/>");

    public void Bar(double x, double y, double w, double h, string colour) =>
        Add($"<rect x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{w:0.#}\" height=\"{Math.Max(0, h):0.#}\" fill=\"{colour}\"/>");

    /// <summary>Frame, ticks and, where given, the name of each axis.</summary>
    public void Frame(Axes a, string xTitle, string yTitle, bool xTicks = true)
    {
        Line([(a.Left, a.Top), (a.Left, a.Bottom), (a.Right, a.Bottom)], "#333", 1);
        foreach (var tick in Ticks(a.Y0, a.Y1))
        {
            Line([(a.Left, a.Y(tick)), (a.Right, a.Y(tick))], "#ddd", 1);
            if (yTitle.Length > 0) Text(a.Left - 6, a.Y(tick) + 4, tick.ToString("0.###", CultureInfo.InvariantCulture), "end");
        }
        foreach (var tick in xTicks ? Ticks(a.X0, a.X1) : [])
        {
            Text(a.X(tick), a.Bottom + 16, tick.ToString("0.###", CultureInfo.InvariantCulture), "middle");
        }
        Text((a.Left + a.Right) / 2, a.Bottom + 34, xTitle, "middle", 13);
        if (yTitle.Length > 0) Text(a.Left - 44, (a.Top + a.Bottom) / 2, yTitle, "middle", 13, -90);
    }

    public override string ToString() =>
        $"<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" font-family=\"sans-serif\" role=\"img\">"
        + $"<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>{body}</svg>";

    /// <summary>About five round numbers inside a range.</summary>
    internal static IEnumerable<double> Ticks(double from, double to)
    {
        var rough = (to - from) / 5;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
        for (var k = Math.Ceiling(from / step - 1e-9); k * step <= to + (1e-9 * step); k++) yield return k == 0 ? 0 : k * step;             // not −0
    }

    private static string Points(IEnumerable<(double X, double Y)> points) =>
        string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.X:0.#},{p.Y:0.#}")));

    private void Add(FormattableString element) => body.Append(element.ToString(CultureInfo.InvariantCulture));
}
