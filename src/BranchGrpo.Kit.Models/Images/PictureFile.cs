using SkiaSharp;

namespace BranchGrpo.Kit.Models.Images;

/// <summary>Image files and their modes. SkiaSharp decodes the pixels; the mode comes from the file's own header, because the decoder turns palettes,
/// grey levels and bits into colours, which resize differently.</summary>
internal static class PictureFile
{
    /// <summary>Pixels of the largest image that is decoded: a damaged header must not ask for all memory.</summary>
    internal const long MostPixels = 1 << 28;

    private static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];

    public static Picture Decode(byte[] file, string name)
    {
        if (file.AsSpan().StartsWith(Signature) && file.Length >= 33)
        {
            var (bits, colour) = (file[24], file[25]);
            if (colour == 3) return PngPalette.Decode(file, name);
            return Decode(file, name, (colour, bits) switch
            {
                (0, 1) => PictureMode.Bit,
                (0, _) => PictureMode.Grey,
                (4, 8) => PictureMode.GreyAlpha,
                (4 or 6, _) => PictureMode.Rgba,
                _ => PictureMode.Rgb,
            });
        }
        return Decode(file, name, null);
    }

    public static byte[] EncodePng(Picture picture)
    {
        using var bitmap = Bitmap(picture);
        using var pixels = bitmap.PeekPixels();
        using var data = pixels.Encode(SKPngEncoderOptions.Default)
            ?? throw new InvalidOperationException($"SkiaSharp could not encode a {picture.Width} x {picture.Height} image");
        return data.ToArray();
    }

    /// <returns>The caller disposes of it.</returns>
    public static SKBitmap Bitmap(Picture picture)
    {
        if (picture.Mode is PictureMode.Palette or PictureMode.Bit) picture = picture.ToRgb();
        var type = picture.Mode == PictureMode.Grey ? SKColorType.Gray8 : SKColorType.Rgba8888;
        var alpha = picture.Mode is PictureMode.Rgba or PictureMode.GreyAlpha ? SKAlphaType.Unpremul : SKAlphaType.Opaque;
        var bitmap = new SKBitmap(new SKImageInfo(picture.Width, picture.Height, type, alpha));
        var target = bitmap.GetPixelSpan();
        for (var y = 0; y < picture.Height; y++)
        {
            var row = target.Slice(y * bitmap.RowBytes, picture.Width * bitmap.BytesPerPixel);
            var source = picture.Bytes.Slice(y * picture.Width * picture.Channels, picture.Width * picture.Channels);
            if (picture.Mode is PictureMode.Grey or PictureMode.Rgba) source.CopyTo(row);
            else Spread(source, picture.Channels, row);
        }
        return bitmap;
    }

    private static Picture Decode(byte[] file, string name, PictureMode? known)
    {
        using var data = SKData.CreateCopy(file);
        using var codec = SKCodec.Create(data) ?? throw new InvalidDataException($"{name}: expected a PNG or JPEG image, found something else");
        if ((long)codec.Info.Width * codec.Info.Height > MostPixels)
            throw new InvalidDataException($"{name}: {codec.Info.Width} x {codec.Info.Height} pixels; expected at most {MostPixels} in all");
        var mode = known ?? (codec.Info.ColorType == SKColorType.Gray8 ? PictureMode.Grey
            : codec.Info.AlphaType == SKAlphaType.Opaque ? PictureMode.Rgb : PictureMode.Rgba);
        // Unpremultiplied and without a colour space: colours under alpha 0 and levels stay as they are stored.
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul, null);
        var pixels = new byte[info.BytesSize];
        SKCodecResult result;
        unsafe
        {
            fixed (byte* at = pixels) result = codec.GetPixels(info, (nint)at);
        }
        if (result != SKCodecResult.Success) throw new InvalidDataException($"{name}: the image cannot be decoded ({result}); the file may be cut off");
        return new Picture(info.Width, info.Height, mode, Gather(pixels, mode));
    }

    private static byte[] Gather(byte[] rgba, PictureMode mode)
    {
        int[] kept = mode switch { PictureMode.GreyAlpha => [0, 3], PictureMode.Rgb => [0, 1, 2], PictureMode.Rgba => [0, 1, 2, 3], _ => [0] };
        if (kept.Length == 4) return rgba;
        var bytes = new byte[rgba.Length / 4 * kept.Length];
        for (int i = 0, to = 0; i < rgba.Length; i += 4)
            foreach (var channel in kept) bytes[to++] = rgba[i + channel];
        return bytes;
    }

    private static void Spread(ReadOnlySpan<byte> source, int channels, Span<byte> rgba)
    {
        for (int from = 0, to = 0; from < source.Length; from += channels, to += 4)
        {
            for (var c = 0; c < 3; c++) rgba[to + c] = source[channels < 3 ? from : from + c];
            rgba[to + 3] = channels == 2 ? source[from + 1] : byte.MaxValue;
        }
    }
}
