using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Pictures as addresses that hold their bytes.</summary>
internal static class PictureSource
{
    /// <summary>One address per picture.</summary>
    /// <param name="pictures">In [−1, 1]; others are cut off. Shape [B, 3, height, width].</param>
    /// <param name="quality">Of WebP, up to 100: a thumbnail takes a third of the bytes of JPEG.</param>
    public static IEnumerable<string> Of(Tensor pictures, int quality)
    {
        if (pictures.shape is not [> 0, 3, _, _])
            throw new ArgumentException($"expected [B ≥ 1, 3, height, width], found [{string.Join(", ", pictures.shape)}]", nameof(pictures));
        using var scope = NewDisposeScope();
        var (height, width) = ((int)pictures.shape[2], (int)pictures.shape[3]);
        var levels = ((pictures.detach().cpu().to(ScalarType.Float32).clamp(-1, 1) + 1) * 127.5).round().to(ScalarType.Byte);
        var bytes = levels.permute(0, 2, 3, 1).contiguous().data<byte>().ToArray();                 // [B, height, width, 3]
        var area = height * width * 3;
        return [.. Enumerable.Range(0, bytes.Length / area).Select(i => Of(bytes.AsSpan(i * area, area), height, width, quality))];
    }

    private static string Of(ReadOnlySpan<byte> rgb, int height, int width, int quality)
    {
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        for (var i = 0; i < height * width; i++) bitmap.SetPixel(i % width, i / width, new SKColor(rgb[3 * i], rgb[(3 * i) + 1], rgb[(3 * i) + 2]));
        using var data = bitmap.Encode(SKEncodedImageFormat.Webp, quality);
        return "data:image/webp;base64," + Convert.ToBase64String(data.Span);
    }
}
