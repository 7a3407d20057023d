using BranchGrpo.Kit.Native;
using SkiaSharp;

namespace BranchGrpo.Kit.Models.Images;

/// <summary>Pictures side by side, with their prompts, as a PNG.</summary>
public static class ContactSheet
{
    private const int Gap = 6, LineHeight = 15, Lines = 3;

    /// <summary>Draws a sheet.</summary>
    /// <param name="pictures">Of any sizes; each is scaled to its cell's width. At least 1.</param>
    /// <param name="columns">Pictures in a row, at least 1.</param>
    /// <param name="captions">Written under the pictures if given, on up to three lines. As many as pictures.</param>
    /// <param name="width">Of a cell, screen pixels, at least 16.</param>
    /// <returns>The bytes of a PNG file.</returns>
    public static byte[] Encode(IReadOnlyList<Picture> pictures, int columns, IReadOnlyList<string>? captions = null, int width = 256)
    {
        ArgumentOutOfRangeException.ThrowIfZero(pictures.Count, nameof(pictures));
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 16);
        if (captions is not null && captions.Count != pictures.Count)
            throw new ArgumentException($"{captions.Count} captions for {pictures.Count} pictures", nameof(captions));
        columns = Math.Min(columns, pictures.Count);
        using var font = new SKFont(SKTypeface.Default, 11) { Subpixel = true, LinearMetrics = true, Hinting = SKFontHinting.None };
        string[][] texts = [.. (captions ?? []).Select(c => Wrap(c, font, width))];
        var height = pictures.Max(p => HeightOf(p, width));
        int cellWidth = width + Gap, cellHeight = height + Gap + LineHeight * texts.Select(t => t.Length).DefaultIfEmpty(0).Max();
        using var surface = SKSurface.Create(new SKImageInfo(columns * cellWidth + Gap, (pictures.Count + columns - 1) / columns * cellHeight + Gap));
        surface.Canvas.Clear(SKColors.White);
        using var ink = new SKPaint { Color = SKColors.Black, IsAntialias = true };
        for (var i = 0; i < pictures.Count; i++)
        {
            int left = Gap + i % columns * cellWidth, top = Gap + i / columns * cellHeight;
            Draw(surface.Canvas, pictures[i], new SKRect(left, top, left + width, top + HeightOf(pictures[i], width)));
            for (var k = 0; captions is not null && k < texts[i].Length; k++)
                surface.Canvas.DrawText(texts[i][k], left, top + height + LineHeight * (k + 1) - 3, SKTextAlign.Left, font, ink);
        }
        using var snapshot = surface.Snapshot();
        using var data = snapshot.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>Writes a sheet to a file, through a temporary file beside it.</summary>
    /// <param name="path">The PNG file; its folder is made if need be.</param>
    /// <param name="pictures">Of any sizes.</param>
    /// <param name="columns">Pictures in a row.</param>
    /// <param name="captions">Written under the pictures if given. As many as pictures.</param>
    /// <param name="width">Of a cell, screen pixels.</param>
    public static void Save(string path, IReadOnlyList<Picture> pictures, int columns, IReadOnlyList<string>? captions = null, int width = 256)
    {
        var bytes = Encode(pictures, columns, captions, width);
        WholeFile.Write(path, temporary => File.WriteAllBytes(temporary, bytes));
    }

    private static int HeightOf(Picture picture, int width) => Math.Max(1, (int)Math.Round((double)width * picture.Height / picture.Width));

    private static void Draw(SKCanvas canvas, Picture picture, SKRect place)
    {
        using var bitmap = PictureFile.Bitmap(picture);
        using var image = SKImage.FromBitmap(bitmap);
        // Tiny pictures are shown as squares of one colour, large ones are averaged.
        var sampling = picture.Width < place.Width ? new SKSamplingOptions(SKFilterMode.Nearest)
            : new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear);
        canvas.DrawImage(image, place, sampling);
    }

    /// <summary>Lines that fit the width, the last one cut with an ellipsis.</summary>
    private static string[] Wrap(string caption, SKFont font, int width)
    {
        var lines = new List<string>();
        foreach (var word in caption.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var joined = lines.Count > 0 ? $"{lines[^1]} {word}" : word;
            if (lines.Count > 0 && font.MeasureText(joined) <= width) lines[^1] = joined;
            else lines.Add(word);
        }
        for (var i = 0; i < lines.Count; i++) lines[i] = Cut(lines[i], i == Lines - 1 && lines.Count > Lines, font, width);
        return [.. lines.Take(Lines)];
    }

    private static string Cut(string line, bool more, SKFont font, int width)
    {
        if (!more && font.MeasureText(line) <= width) return line;
        while (line.Length > 0 && font.MeasureText(line + "…") > width) line = line[..^1];
        return line + "…";
    }
}
