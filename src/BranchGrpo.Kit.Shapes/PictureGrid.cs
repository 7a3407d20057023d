using BranchGrpo.Kit.Native;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes;

/// <summary>Pictures side by side as a PNG.</summary>
public static class PictureGrid
{
    private const int Gap = 4, TextHeight = 14;

    /// <summary>Draws a grid.</summary>
    /// <param name="pictures">Values in [−1, 1]; others are cut off. Shape [B, 3, height, width].</param>
    /// <param name="columns">Pictures in a row, at least 1.</param>
    /// <param name="captions">Written under the pictures if given. Length B.</param>
    /// <param name="scale">Screen pixels per picture pixel, at least 1.</param>
    /// <returns>The bytes of a PNG file.</returns>
    public static byte[] Encode(Tensor pictures, int columns, IReadOnlyList<string>? captions = null, int scale = 3)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        if (pictures.shape is not [> 0, 3, _, _])
            throw new ArgumentException($"expected [B ≥ 1, 3, height, width], found [{string.Join(", ", pictures.shape)}]", nameof(pictures));
        int count = (int)pictures.shape[0], height = (int)pictures.shape[2], width = (int)pictures.shape[3];
        if (captions is not null && captions.Count != count)
            throw new ArgumentException($"{captions.Count} captions for {count} pictures", nameof(captions));
        columns = Math.Min(columns, count);
        int cellWidth = width * scale + Gap, cellHeight = height * scale + Gap + (captions is null ? 0 : TextHeight);
        var rows = (count + columns - 1) / columns;
        using var surface = SKSurface.Create(new SKImageInfo(columns * cellWidth + Gap, rows * cellHeight + Gap));
        surface.Canvas.Clear(SKColors.White);
        var values = Bytes(pictures);
        using var font = Font(captions ?? [], width * scale);
        using var ink = new SKPaint { Color = SKColors.Black, IsAntialias = true };
        for (var i = 0; i < count; i++)
        {
            int left = Gap + i % columns * cellWidth, top = Gap + i / columns * cellHeight;
            using var bitmap = Bitmap(values.AsSpan(i * 3 * height * width, 3 * height * width), width, height);
            using var image = SKImage.FromBitmap(bitmap);
            var place = new SKRect(left, top, left + width * scale, top + height * scale);
            surface.Canvas.DrawImage(image, place, new SKSamplingOptions(SKFilterMode.Nearest));
            if (captions is not null) surface.Canvas.DrawText(captions[i], left, top + height * scale + TextHeight - 4, SKTextAlign.Left, font, ink);
        }
        using var snapshot = surface.Snapshot();
        using var data = snapshot.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>Writes a grid to a file, through a temporary file beside it.</summary>
    /// <param name="path">The PNG file; its folder is made if need be.</param>
    /// <param name="pictures">Values in [−1, 1]. Shape [B, 3, height, width].</param>
    /// <param name="columns">Pictures in a row.</param>
    /// <param name="captions">Written under the pictures if given. Length B.</param>
    public static void Save(string path, Tensor pictures, int columns, IReadOnlyList<string>? captions = null)
    {
        var bytes = Encode(pictures, columns, captions);
        WholeFile.Write(path, temporary => File.WriteAllBytes(temporary, bytes));
    }

    /// <summary>The largest font, up to 11 points, in which every caption fits under its picture.</summary>
    private static SKFont Font(IReadOnlyList<string> captions, float width)
    {
        var font = new SKFont(SKTypeface.Default, 11) { Subpixel = true, LinearMetrics = true, Hinting = SKFontHinting.None };
        var widest = captions.Select(c => font.MeasureText(c)).DefaultIfEmpty(1).Max();
        font.Size = Math.Min(11, 11 * width / Math.Max(1, widest));
        return font;
    }

    private static byte[] Bytes(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        var levels = (pictures.detach().cpu().to(ScalarType.Float32).clamp(-1, 1) + 1) * 127.5;
        return levels.round().to(ScalarType.Byte).contiguous().data<byte>().ToArray();
    }

    private static SKBitmap Bitmap(ReadOnlySpan<byte> channels, int width, int height)
    {
        var bitmap = new SKBitmap(width, height);
        var area = width * height;
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                var at = y * width + x;
                bitmap.SetPixel(x, y, new SKColor(channels[at], channels[area + at], channels[2 * area + at]));
            }
        return bitmap;
    }
}
