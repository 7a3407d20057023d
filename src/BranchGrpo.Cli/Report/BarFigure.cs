using System.Globalization;

namespace BranchGrpo.Cli.Report;

/// <summary>Bars over categories: parts of a whole on top of each other, or quantities side by side.</summary>
internal sealed record BarFigure(
    string Title, string Subtitle, string YTitle, IReadOnlyList<string> Categories,
    IReadOnlyList<(string Name, string Colour, double[] Values)> Parts, bool Stacked) : Figure(Title, Subtitle)
{
    public override (object[] Data, object Layout) ToPlotly() =>
    (
        [.. Parts.Select(p => (object)new { type = "bar", x = Categories, y = Rounded(p.Values), name = p.Name, marker = new { color = p.Colour } })],
        new
        {
            title = PlotlyTitle,
            height = Height,
            template = "none",
            barmode = Stacked ? "stack" : "group",
            yaxis = new { title = new { text = YTitle } },
        }
    );

    public override string ToSvg()
    {
        var svg = new Svg(Width, Height);
        DrawHead(svg, Parts.Select(p => (p.Name, p.Colour, false)));
        var indices = Enumerable.Range(0, Categories.Count);
        var top = Stacked ? indices.Max(i => Parts.Sum(p => p.Values[i])) : Parts.Max(p => p.Values.Max());
        var axes = new Svg.Axes(70, 60, Width - 190, Height - 70, 0, Categories.Count, 0, Math.Max(1e-9, top * 1.1));
        svg.Frame(axes, "", YTitle, xTicks: false);
        foreach (var i in indices)
        {
            svg.Text(axes.X(i + 0.5), axes.Bottom + (i % 2 == 0 ? 16 : 34), Categories[i], "middle");
            var below = 0.0;
            var width = (axes.X(0.8) - axes.X(0)) / (Stacked ? 1 : Parts.Count);
            for (var p = 0; p < Parts.Count; p++)
            {
                var value = Parts[p].Values[i];
                var (left, topEdge) = (axes.X(i + 0.1) + (Stacked ? 0 : p * width), axes.Y(below + value));
                svg.Bar(left, topEdge, width, axes.Y(below) - topEdge, Parts[p].Colour);
                if (Stacked) below += value;
            }
            if (Stacked) svg.Text(axes.X(i + 0.5), axes.Y(below) - 4, below.ToString("0.00", CultureInfo.InvariantCulture), "middle");
        }
        return svg.ToString();
    }
}
