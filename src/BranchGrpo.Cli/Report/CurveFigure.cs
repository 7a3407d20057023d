namespace BranchGrpo.Cli.Report;

/// <summary>A curve of one method.</summary>
/// <param name="Y">Mean over seeds at each x.</param>
/// <param name="Deviation">Standard deviation over seeds at each x; empty for one seed.</param>
internal sealed record Curve(string Name, string Colour, bool Dashed, double[] X, double[] Y, double[] Deviation);

/// <summary>Learning curves side by side, against iterations and against seconds, with one y-axis.</summary>
internal sealed record CurveFigure(string Title, string Subtitle, string YTitle, IReadOnlyList<(string XTitle, IReadOnlyList<Curve> Curves)> Panels)
    : Figure(Title, Subtitle)
{
    public override (object[] Data, object Layout) ToPlotly()
    {
        var data = new List<object>();
        for (var p = 0; p < Panels.Count; p++)
        {
            var axis = p == 0 ? "x" : "x" + (p + 1);
            foreach (var c in Panels[p].Curves)
            {
                if (c.Deviation.Length > 0)
                {
                    double[] around = [.. c.Y.Zip(c.Deviation, (y, d) => y + d), .. c.Y.Zip(c.Deviation, (y, d) => y - d).Reverse()];
                    data.Add(new
                    {
                        x = Rounded([.. c.X, .. c.X.Reverse()]),
                        y = Rounded(around),
                        xaxis = axis,
                        fill = "toself",
                        fillcolor = c.Colour + "26",
                        line = new { width = 0, color = c.Colour },
                        mode = "lines",
                        showlegend = false,
                        legendgroup = c.Name,
                        hoverinfo = "skip",
                    });
                }
                data.Add(new
                {
                    x = Rounded(c.X),
                    y = Rounded(c.Y),
                    xaxis = axis,
                    name = c.Name,
                    mode = "lines+markers",
                    showlegend = p == 0,
                    legendgroup = c.Name,
                    line = new { color = c.Colour, dash = c.Dashed ? "dash" : "solid" },
                    marker = new { size = 5 },
                });
            }
        }
        return ([.. data], new
        {
            title = PlotlyTitle,
            height = Height,
            template = "none",
            hovermode = "closest",
            xaxis = new { title = new { text = Panels[0].XTitle }, domain = new[] { 0, 0.48 }, rangemode = "tozero" },
            xaxis2 = new { title = new { text = Panels[^1].XTitle }, domain = new[] { 0.52, 1 }, rangemode = "tozero" },
            yaxis = new { title = new { text = YTitle } },
        });
    }

    public override string ToSvg()
    {
        var svg = new Svg(Width, Height);
        DrawHead(svg, Panels[0].Curves.Select(c => (c.Name, c.Colour, c.Dashed)));
        var all = Panels.SelectMany(p => p.Curves).ToArray();
        var low = all.Min(c => c.Y.Zip(Padded(c), (y, d) => y - d).Min());
        var high = all.Max(c => c.Y.Zip(Padded(c), (y, d) => y + d).Max());
        var margin = Math.Max(1e-6, 0.05 * (high - low));
        var span = (Width - 260) / Panels.Count;
        for (var p = 0; p < Panels.Count; p++)
        {
            var last = Math.Max(1e-9, Panels[p].Curves.Max(c => c.X[^1]));
            var axes = new Svg.Axes(70 + (p * span), 60, 50 + ((p + 1) * span), Height - 50, 0, last, low - margin, high + margin);
            svg.Frame(axes, Panels[p].XTitle, p == 0 ? YTitle : "");
            foreach (var c in Panels[p].Curves)
            {
                var points = c.X.Zip(c.Y).Select(point => (X: axes.X(point.First), point.Second)).ToArray();
                if (c.Deviation.Length > 0)
                {
                    var above = points.Select((point, i) => (point.X, axes.Y(point.Second + c.Deviation[i])));
                    var below = points.Select((point, i) => (point.X, axes.Y(point.Second - c.Deviation[i])));
                    svg.Band([.. above, .. below.Reverse()], c.Colour);
                }
                svg.Line(points.Select(point => (point.X, axes.Y(point.Second))), c.Colour, 2, c.Dashed);
            }
        }
        return svg.ToString();
    }

    private static IEnumerable<double> Padded(Curve c) => c.Deviation.Length > 0 ? c.Deviation : c.Y.Select(_ => 0.0);
}
