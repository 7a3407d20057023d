using ScottPlot;
using SkiaSharp;

namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>Adds marks to a plot.</summary>
internal sealed class MarkPainter(Plot plot, ColourScale? scale)
{
    private const string Ground = "#444444";

    public void Add(Mark mark)
    {
        switch (mark)
        {
            case Mark.Curve curve: Add(curve); break;
            case Mark.Bars bars: Add(bars); break;
            case Mark.Dots { IsFrame: false } dots: Draw((canvas, at) => Paint(canvas, at, dots)); break;
            case Mark.Segments segments: Draw((canvas, at) => Paint(canvas, at, segments)); break;
            case Mark.Cells cells: Draw((canvas, at) => Paint(canvas, at, cells)); break;
            case Mark.Labels labels: Draw((canvas, at) => Paint(canvas, at, labels)); break;
        }
    }

    private void Draw(Action<SKCanvas, Func<double, double, SKPoint>> draw) => plot.Add.Plottable(new Inked(draw));

    private void Add(Mark.Curve curve)
    {
        var colour = Color.FromHex(curve.Colour);
        if (curve.Band is { } band)
        {
            int[] known = [.. Enumerable.Range(0, curve.X.Length).Where(i => double.IsFinite(curve.Y[i]) && double.IsFinite(band[i]))];
            var fill = plot.Add.FillY([.. known.Select(i => (curve.X[i], curve.Y[i] - band[i], curve.Y[i] + band[i]))]);
            fill.FillColor = colour.WithAlpha(0.16);
            fill.LineWidth = 0;
            fill.MarkerSize = 0;
        }
        var line = plot.Add.Scatter(curve.X, curve.Y, colour);
        line.LineWidth = curve.Dashed ? 0 : 2;
        line.MarkerSize = curve.HasMarkers || curve.X.Length == 1 ? 6 : 0;
        if (curve.Dashed) Draw((canvas, at) => Trace(canvas, at, curve.X, curve.Y, Ink.Colour(curve.Colour), 2, SvgText.Dashed));
    }

    private void Add(Mark.Bars bars)
    {
        var drawn = plot.Add.Bars(bars.X.Select((x, i) => new Bar
        {
            Position = x,
            ValueBase = bars.Base[i],
            Value = bars.Base[i] + bars.Height[i],
            Size = bars.Width,
            FillColor = Color.FromHex(bars.Colour),
            LineWidth = 0,
        }).ToArray());
        drawn.Horizontal = false;
    }

    private void Paint(SKCanvas canvas, Func<double, double, SKPoint> at, Mark.Dots dots)
    {
        string ColourOf(int i) => dots.Values is { } values && scale is not null ? scale.Of(values[i]) : dots.Colour;
        int[] all = [.. Enumerable.Range(0, dots.X.Length).Where(i => double.IsFinite(dots.X[i]) && double.IsFinite(dots.Y[i]))];
        if (dots.Interval is { } interval)
            foreach (var i in all.Where(i => interval[i] is not null))
                Stroke(canvas, [at(dots.X[i] - interval[i]!.Value, dots.Y[i]), at(dots.X[i] + interval[i]!.Value, dots.Y[i])], ColourOf(i), 2.5f);
        if (dots.Values is not null) Round(canvas, all.Select(i => at(dots.X[i], dots.Y[i])), Ground, dots.Size + 1.6);
        foreach (var group in all.GroupBy(ColourOf)) Round(canvas, group.Select(i => at(dots.X[i], dots.Y[i])), group.Key, dots.Size);
        if (dots.IsHollow) Round(canvas, all.Select(i => at(dots.X[i], dots.Y[i])), "#FFFFFF", dots.Size - 4);
    }

    private static void Paint(SKCanvas canvas, Func<double, double, SKPoint> at, Mark.Segments segments) => Trace(
        canvas, at, segments.X, segments.Y, Ink.Colour(segments.Colour, segments.Opacity), (float)segments.Width,
        segments.IsDotted ? SvgText.Dotted : SvgText.Solid);

    /// <summary>A line; NaN lifts the pen. The mitre says how it is dashed.</summary>
    private static void Trace(
        SKCanvas canvas, Func<double, double, SKPoint> at, double[] x, double[] y, SKColor colour, float width, float mitre)
    {
        using var path = new SKPath();
        var isDown = false;
        for (var i = 0; i < x.Length; i++)
        {
            var isKnown = double.IsFinite(x[i]) && double.IsFinite(y[i]);
            if (isKnown && isDown) path.LineTo(at(x[i], y[i]));
            if (isKnown && !isDown) path.MoveTo(at(x[i], y[i]));
            isDown = isKnown;
        }
        using var paint = Pen(colour, width, SKStrokeCap.Butt);
        paint.StrokeMiter = mitre;
        canvas.DrawPath(path, paint);
    }

    private void Paint(SKCanvas canvas, Func<double, double, SKPoint> at, Mark.Cells cells)
    {
        foreach (var (colour, place) in CellRuns.Of(cells, value => scale!.Of(value)))
        {
            var (low, high) = (at(place.X0, place.Y0), at(place.X1, place.Y1));
            using var paint = new SKPaint { Color = Ink.Colour(colour) };
            canvas.DrawRect(new SKRect(low.X, high.Y, high.X, low.Y), paint);
        }
        foreach (var row in cells.Dividers)
            Stroke(canvas, [at(cells.X0 - 0.5, row), at(cells.X0 + cells.Values[0].Length - 0.5, row)], Ground, 1);
    }

    private static void Paint(SKCanvas canvas, Func<double, double, SKPoint> at, Mark.Labels labels)
    {
        for (var i = 0; i < labels.Texts.Length; i++)
        {
            var place = at(labels.X[i], labels.Y[i]);
            var (right, down, align) = labels.IsCentred ? (0, -5, SKTextAlign.Center) : (labels.Shift, 4.0, SKTextAlign.Left);
            Ink.Write(canvas, labels.Texts[i], place.X + right, place.Y + down, 12, labels.Colour, align);
        }
    }

    private static void Round(SKCanvas canvas, IEnumerable<SKPoint> points, string colour, double size)
    {
        using var path = new SKPath();
        foreach (var point in points)
        {
            path.MoveTo(point);
            path.LineTo(point);
        }
        using var paint = Pen(Ink.Colour(colour), (float)size, SKStrokeCap.Round);
        canvas.DrawPath(path, paint);
    }

    private static void Stroke(SKCanvas canvas, SKPoint[] points, string colour, float width)
    {
        using var paint = Pen(Ink.Colour(colour), width, SKStrokeCap.Butt);
        canvas.DrawLine(points[0], points[1], paint);
    }

    private static SKPaint Pen(SKColor colour, float width, SKStrokeCap cap) =>
        new() { Color = colour, IsStroke = true, StrokeWidth = width, StrokeCap = cap, IsAntialias = true };
}
