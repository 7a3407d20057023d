using SkiaSharp;

namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>Names of curves beside their ends, moved apart where they would overlap.</summary>
internal static class EndLabels
{
    private const float Size = 12, Step = 16, Lead = 14;

    public static int Width(Scene scene) => (int)Curves(scene).Select(c => Ink.Measure(c.Name, Size)).DefaultIfEmpty().Max() + (int)Lead + 8;

    public static void Write(SKCanvas canvas, Scene scene, Func<double, double, SKPoint> at, float left, float top, float bottom)
    {
        var ends = (from curve in Curves(scene)
                    let last = Array.FindLastIndex(curve.Y, double.IsFinite)
                    where last >= 0
                    let end = at(curve.X[last], curve.Y[last])
                    orderby end.Y
                    select (Curve: curve, End: end)).ToArray();
        var rows = Apart([.. ends.Select(e => e.End.Y)], top + 8, bottom);
        for (var i = 0; i < ends.Length; i++)
        {
            var ((curve, end), y) = (ends[i], rows[i]);
            using var lead = new SKPaint { Color = Ink.Colour(curve.Colour, 0.6), IsStroke = true, StrokeWidth = 1, IsAntialias = true };
            canvas.DrawLine(end.X + 3, end.Y, left + Lead - 3, y, lead);
            Ink.Write(canvas, curve.Name, left + Lead, y + 4, Size, Dark(curve.Colour));
        }
    }

    /// <summary>Places in order, at least a step apart, as near as may be to where they belong.</summary>
    internal static float[] Apart(float[] wanted, float top, float bottom)
    {
        float[] y = [.. wanted];
        for (var i = 0; i < y.Length; i++) y[i] = Math.Max(y[i], i == 0 ? top : y[i - 1] + Step);
        for (var i = y.Length - 1; i >= 0; i--) y[i] = Math.Min(y[i], i == y.Length - 1 ? Math.Max(bottom, top + (i * Step)) : y[i + 1] - Step);
        return y;
    }

    private static IEnumerable<Mark.Curve> Curves(Scene scene) => scene.Panels[^1].Marks.OfType<Mark.Curve>().Where(c => c.Name.Length > 0);

    // Light colours are hard to read as text on white.
    private static string Dark(string colour)
    {
        var c = SKColor.Parse(colour);
        var light = ((0.299 * c.Red) + (0.587 * c.Green) + (0.114 * c.Blue)) / 255;
        var keep = light > 0.5 ? 0.5 / light : 1;
        return $"#{(int)(c.Red * keep):X2}{(int)(c.Green * keep):X2}{(int)(c.Blue * keep):X2}";
    }
}
