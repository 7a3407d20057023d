using SkiaSharp;

namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>Text on a picture.</summary>
internal static class Ink
{
    /// <summary>The first of the sans-serif families that this machine has.</summary>
    public static readonly string Family = new[] { "DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial", "Helvetica", "Segoe UI" }
        .FirstOrDefault(name => SKTypeface.FromFamilyName(name)?.FamilyName == name) ?? SKTypeface.Default.FamilyName;

    private static readonly SKTypeface Regular = SKTypeface.FromFamilyName(Family), Bold = SKTypeface.FromFamilyName(Family, SKFontStyle.Bold);

    public static SKColor Colour(string hex, double opacity = 1) => SKColor.Parse(hex).WithAlpha((byte)Math.Round(255 * opacity));

    public static float Measure(string text, float size, bool bold = false)
    {
        using var font = Font(size, bold);
        return font.MeasureText(text);
    }

    /// <summary>Writes from a place on the base line.</summary>
    public static void Write(
        SKCanvas canvas, string text, double x, double y, float size, string colour, SKTextAlign align = SKTextAlign.Left, bool bold = false)
    {
        if (text.Length == 0) return;
        using var font = Font(size, bold);
        using var paint = new SKPaint { Color = Colour(colour), IsAntialias = true };
        canvas.DrawText(text, (float)x, (float)y, align, font, paint);
    }

    /// <summary>Lines no wider than a width; a single word may be.</summary>
    public static IReadOnlyList<string> Wrap(string text, float size, float width, bool bold = false)
    {
        var lines = new List<string>();
        foreach (var word in text.Split(' '))
        {
            if (lines.Count > 0 && Measure($"{lines[^1]} {word}", size, bold) <= width) lines[^1] += " " + word;
            else lines.Add(word);
        }
        return lines;
    }

    private static SKFont Font(float size, bool bold) =>
        new(bold ? Bold : Regular, size) { Subpixel = true, LinearMetrics = true, Hinting = SKFontHinting.None };
}
