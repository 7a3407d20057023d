using Plotly.NET;

namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>Marks as Plotly traces.</summary>
internal static class PlotlyMarks
{
    public static IEnumerable<Trace> Of(Mark mark, ColourScale? scale, bool isFirst) => mark switch
    {
        Mark.Curve curve => Of(curve, isFirst),
        Mark.Dots dots => [Of(dots, scale, isFirst)],
        Mark.Segments segments => [Of(segments)],
        Mark.Bars bars => [Of(bars, isFirst)],
        Mark.Cells cells => [Of(cells, scale!, isFirst)],
        _ => [],
    };

    private static IEnumerable<Trace> Of(Mark.Curve curve, bool isFirst)
    {
        if (curve.Band is { } band)
        {
            int[] known = [.. Enumerable.Range(0, curve.X.Length).Where(i => double.IsFinite(curve.Y[i]) && double.IsFinite(band[i]))];
            int[] back = [.. known.Reverse()];
            yield return Trace("scatter",
                ("x", PlotlyFace.Rounded([.. known.Select(i => curve.X[i]), .. back.Select(i => curve.X[i])])),
                ("y", PlotlyFace.Rounded([.. known.Select(i => curve.Y[i] + band[i]), .. back.Select(i => curve.Y[i] - band[i])])),
                ("fill", "toself"), ("fillcolor", curve.Colour + "29"), ("mode", "lines"), ("line", new { width = 0, color = curve.Colour }),
                ("showlegend", false), ("legendgroup", curve.Name), ("hoverinfo", "skip"));
        }
        yield return Trace("scatter",
            ("x", PlotlyFace.Rounded(curve.X)), ("y", PlotlyFace.Rounded(curve.Y)), ("name", PlotlyFace.Text(curve.Name)),
            ("mode", curve.HasMarkers || curve.X.Length == 1 ? "lines+markers" : "lines"), ("marker", new { size = 6 }),
            ("line", new { color = curve.Colour, width = 2, dash = curve.Dashed ? "dash" : "solid" }),
            ("showlegend", isFirst && curve.Name.Length > 0), ("legendgroup", curve.Name));
    }

    private static Trace Of(Mark.Dots dots, ColourScale? scale, bool isFirst)
    {
        var told = new List<double[]>();
        var words = string.Concat(dots.Details.Select(d => $"{d.Name} %{{{Place(dots, d.Values, told)}}}<br>"));
        var details = told.Count == 0 ? null
            : Enumerable.Range(0, dots.X.Length).Select(i => PlotlyFace.Rounded(told.Select(values => values[i]))).ToArray();
        var trace = Trace("scatter",
            ("x", PlotlyFace.Rounded(dots.X)), ("y", PlotlyFace.Rounded(dots.Y)), ("name", PlotlyFace.Text(dots.Name)), ("mode", "markers"),
            ("showlegend", false), ("legendgroup", dots.Name),
            ("marker", dots.Values is { } values && scale is not null ? Coloured(dots, values, scale, isFirst) : Plain(dots)));
        if (details is not null) trace.SetProperty("customdata", details);
        if (words.Length > 0) trace.SetProperty("hovertemplate", $"{words}<extra>{PlotlyFace.Text(dots.Name)}</extra>");
        if (dots.Interval is { } interval)
            trace.SetProperty("error_x", new
            {
                type = "data",
                array = PlotlyFace.Rounded(interval.Select(h => h ?? 0)),
                color = dots.Colour,
                thickness = 2.5,
                width = 0,
            });
        return trace;
    }

    // What a trace holds anyway is not written twice.
    private static string Place(Mark.Dots dots, double[] values, List<double[]> told)
    {
        if (values.AsSpan().SequenceEqual(dots.X)) return "x";
        if (dots.Values is not null && values.AsSpan().SequenceEqual(dots.Values)) return "marker.color";
        told.Add(values);
        return $"customdata[{told.Count - 1}]";
    }

    private static object Plain(Mark.Dots dots) =>
        new { color = dots.IsHollow ? "#ffffff" : dots.Colour, size = dots.Size, line = new { color = dots.Colour, width = dots.IsHollow ? 2 : 0 } };

    private static object Coloured(Mark.Dots dots, double[] values, ColourScale scale, bool isFirst) => new
    {
        color = PlotlyFace.Rounded(values),
        cmin = PlotlyFace.Rounded(scale.Low),
        cmax = PlotlyFace.Rounded(scale.High),
        colorscale = scale.ToPlotly(),
        showscale = isFirst && dots.Size > 5,
        colorbar = ColourBar(scale),
        size = dots.Size,
        symbol = dots.IsFrame ? "square" : "circle",
        line = new { color = "#444444", width = 0.8 },
    };

    private static Trace Of(Mark.Segments s) => Trace("scatter",
        ("x", PlotlyFace.Rounded(s.X)), ("y", PlotlyFace.Rounded(s.Y)), ("name", PlotlyFace.Text(s.Name)), ("mode", "lines"),
        ("line", new { color = s.Colour, width = s.Width, dash = s.IsDotted ? "dot" : "solid" }), ("opacity", s.Opacity),
        ("hoverinfo", "skip"), ("showlegend", s.Name.Length > 0));

    private static Trace Of(Mark.Bars bars, bool isFirst) => Trace("bar",
        ("x", PlotlyFace.Rounded(bars.X)), ("y", PlotlyFace.Rounded(bars.Height)), ("base", PlotlyFace.Rounded(bars.Base)), ("width", bars.Width),
        ("name", PlotlyFace.Text(bars.Name)), ("marker", new { color = bars.Colour }), ("showlegend", isFirst), ("hovertemplate", "%{y}"));

    private static Trace Of(Mark.Cells cells, ColourScale scale, bool isFirst) => Trace("heatmap",
        ("z", cells.Values.Select(PlotlyFace.Rounded).ToArray()), ("x0", cells.X0), ("dx", 1), ("name", PlotlyFace.Text(cells.Name)),
        ("zmin", PlotlyFace.Rounded(scale.Low)), ("zmax", PlotlyFace.Rounded(scale.High)), ("colorscale", scale.ToPlotly()),
        ("showscale", isFirst), ("colorbar", ColourBar(scale)), ("hovertemplate", "depth %{x}, row %{y}: %{z}<extra></extra>"));

    private static object ColourBar(ColourScale scale) => new { title = new { text = scale.Title }, thickness = 14, outlinewidth = 0 };

    private static Trace Trace(string type, params (string Name, object? Value)[] properties)
    {
        var trace = new Trace(type);
        foreach (var (name, value) in properties) trace.SetProperty(name, value);
        return trace;
    }
}
