using ScottPlot;
using SkiaSharp;

namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>A scene as SVG on a white plate.</summary>
internal static class StaticFace
{
    private const int Edge = 14, ScaleRoom = 78;

    public static string Draw(string title, string subtitle, Scene scene)
    {
        var overlays = new List<string>();
        return SvgText.Record(Scene.Width, scene.Height, overlays, canvas =>
        {
            var top = Head(canvas, title, subtitle, scene.Legend);
            var labels = scene.HasEndLabels ? EndLabels.Width(scene) : 0;
            var right = Scene.Width - Edge - labels - (scene.Scale is null ? 0 : ScaleRoom);
            var y = scene.HasSharedY ? Bounds.Union(scene.Panels.Select(p => p.YBounds)) : default;
            int[] lefts = [.. scene.Panels.Select((p, i) => i > 0 && scene.HasSharedY ? 20 : p.LeftRoom)];
            var width = (right - lefts.Sum()) / scene.Panels.Count;                                 // of the data
            float x = 0;
            Func<double, double, SKPoint> at = (_, _) => default;
            for (var i = 0; i < scene.Panels.Count; i++)
            {
                var place = new PixelRect(x, x + lefts[i] + width, scene.Height - 6, top);
                at = new PanelPainter(scene.Scale).Paint(canvas, scene.Panels[i], place, scene.HasSharedY ? y : scene.Panels[i].YBounds, lefts[i]);
                overlays.AddRange(scene.Panels[i].Marks.OfType<Mark.Thumbnails>().Select(pictures => Frames.Of(pictures, scene.Scale, at)));
                x += lefts[i] + width;
            }
            if (scene.HasEndLabels) EndLabels.Write(canvas, scene, at, x + 2, top, scene.Height - 56);
            if (scene.Scale is { } scale) Bar(canvas, scale, Scene.Width - Edge - ScaleRoom + 12, top + 26, scene.Height - 60);
        });
    }

    /// <summary>Title, subtitle and legend; gives where they end.</summary>
    public static float Head(SKCanvas canvas, string title, string subtitle, IReadOnlyList<(string Name, string Colour)> legend)
    {
        var y = 8f;
        foreach (var line in Ink.Wrap(title, 16, Scene.Width - (2 * Edge), bold: true))
            Ink.Write(canvas, line, Edge, y += 18, 16, "#111111", bold: true);
        foreach (var line in Ink.Wrap(subtitle, 12.5f, Scene.Width - (2 * Edge))) Ink.Write(canvas, line, Edge, y += 17, 12.5f, "#555555");
        y += 8;
        if (legend.Count == 0) return y;
        double x = Edge;
        y += 14;
        foreach (var (name, colour) in legend)
        {
            var width = Ink.Measure(name, 12) + 34;
            if (x + width > Scene.Width - Edge) (x, y) = (Edge, y + 18);
            using var paint = new SKPaint { Color = Ink.Colour(colour) };
            canvas.DrawRect((float)x, y - 10, 12, 12, paint);
            Ink.Write(canvas, name, x + 17, y, 12, "#333333");
            x += width;
        }
        return y + 8;
    }

    /// <summary>Pixels that title and subtitle take.</summary>
    public static int HeadHeight(string title, string subtitle) => 16 + (18 * Ink.Wrap(title, 16, Scene.Width - (2 * Edge), bold: true).Count)
        + (17 * Ink.Wrap(subtitle, 12.5f, Scene.Width - (2 * Edge)).Count);

    private static void Bar(SKCanvas canvas, ColourScale scale, float left, float top, float bottom)
    {
        const int Levels = 32;
        var height = (bottom - top) / Levels;
        for (var i = 0; i < Levels; i++)
        {
            using var paint = new SKPaint { Color = Ink.Colour(scale.Of(scale.Low + ((scale.High - scale.Low) * (i + 0.5) / Levels))) };
            canvas.DrawRect(left, bottom - ((i + 1) * height), 14, height + 0.5f, paint);
        }
        var (place, align) = Ink.Measure(scale.Title, 12) > ScaleRoom - 10 ? (Scene.Width - Edge, SKTextAlign.Right) : (left - 4, SKTextAlign.Left);
        Ink.Write(canvas, scale.Title, place, top - 10, 12, "#333333", align);
        foreach (var (value, text) in scale.Ticks())
            Ink.Write(canvas, text, left + 19, bottom - ((value - scale.Low) / (scale.High - scale.Low) * (bottom - top)) + 4, 12, "#333333");
    }
}
