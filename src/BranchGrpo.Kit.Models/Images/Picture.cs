using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Images;

/// <summary>An 8-bit image in memory, in the mode of its file. Immutable.</summary>
public sealed class Picture
{
    private static readonly byte[] Black = [0, 0, 0];
    private readonly byte[] bytes;
    private readonly byte[] palette;

    /// <summary>An image from its pixels.</summary>
    /// <param name="width">Pixels in a row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="mode">Meaning of the bytes.</param>
    /// <param name="bytes">Row by row, channels of a pixel together. Length height · width · channels. Copied.</param>
    /// <param name="palette">For <see cref="PictureMode.Palette"/>: red, green, blue of each index. Copied.</param>
    public Picture(int width, int height, PictureMode mode, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> palette = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        (Width, Height, Mode) = (width, height, mode);
        var expected = (long)width * height * Channels;
        if (bytes.Length != expected)
            throw new ArgumentException($"expected {expected} bytes for {width} x {height} {mode}, found {bytes.Length}", nameof(bytes));
        if (mode == PictureMode.Palette ? palette.Length is 0 or > 768 || palette.Length % 3 != 0 : palette.Length != 0)
        {
            var wanted = mode == PictureMode.Palette ? "3 to 768 bytes, 3 a colour" : "none";
            throw new ArgumentException($"expected {wanted} for {mode}, found {palette.Length}", nameof(palette));
        }
        (this.bytes, this.palette) = (bytes.ToArray(), palette.ToArray());
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Meaning of the bytes.</summary>
    public PictureMode Mode { get; }

    /// <summary>Bytes per pixel.</summary>
    public int Channels => ChannelsOf(Mode);

    /// <summary>Row by row, channels of a pixel together. Length height · width · channels.</summary>
    public ReadOnlySpan<byte> Bytes => bytes;

    /// <summary>Red, green, blue of each index; empty unless the mode is <see cref="PictureMode.Palette"/>.</summary>
    public ReadOnlySpan<byte> Palette => palette;

    /// <summary>Reads a PNG or JPEG file in its own mode. Rotation that a camera noted is not applied; colour profiles are ignored.</summary>
    /// <exception cref="InvalidDataException">Not an image, or cut off.</exception>
    public static Picture Read(string path) => PictureFile.Decode(File.ReadAllBytes(path), path);

    /// <summary>Reads the bytes of a PNG or JPEG file in its own mode.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">For messages.</param>
    /// <exception cref="InvalidDataException">Not an image, or cut off.</exception>
    public static Picture Decode(byte[] file, string name = "image") => PictureFile.Decode(file, name);

    /// <summary>The bytes of a PNG file. Palettes and black-and-white images are stored as colours.</summary>
    public byte[] EncodePng() => PictureFile.EncodePng(this);

    /// <summary>Writes a PNG file through a temporary file beside it.</summary>
    public void WritePng(string path) => WholeFile.Write(path, temporary => File.WriteAllBytes(temporary, EncodePng()));

    /// <summary>The image of a VAE's output: x·½ + ½ cut to [0, 1] in the tensor's own type, then float32 · 255 rounded half to even.</summary>
    /// <param name="values">About −1..1. Shape [3, H, W]; borrowed.</param>
    public static Picture FromSigned(Tensor values) => FromLevels(values, TensorLevels.FromSigned);

    /// <summary>The image of values in 0..1: · 255, rounded half to even, cut to 0..255.</summary>
    /// <param name="values">About 0..1. Shape [3, H, W]; borrowed.</param>
    public static Picture FromUnit(Tensor values) => FromLevels(values, TensorLevels.FromUnit);

    /// <summary>Colours without alpha: alpha is dropped, not composited; palettes are looked up, grey is repeated.</summary>
    public Picture ToRgb()
    {
        if (Mode == PictureMode.Rgb) return this;
        var colours = new byte[3 * Width * Height];
        for (var i = 0; i < Width * Height; i++)
        {
            var pixel = Mode == PictureMode.Palette ? Colour(bytes[i]) : bytes.AsSpan(i * Channels, Channels);
            for (var c = 0; c < 3; c++) colours[3 * i + c] = pixel[Channels < 3 && Mode != PictureMode.Palette ? 0 : c];
        }
        return new Picture(Width, Height, PictureMode.Rgb, colours);
    }

    /// <summary>Levels / 255 in float32, of the colours without alpha.</summary>
    /// <returns>Shape [3, H, W], 0..1, on the CPU; the caller owns it.</returns>
    public Tensor ToTensor() => TensorLevels.ToUnit(ToRgb());

    /// <summary>A rectangle of the image; what lies outside is 0.</summary>
    public Picture Crop(int left, int top, int width, int height)
    {
        var cut = new byte[(long)width * height * Channels];
        int from = Math.Max(left, 0), to = Math.Min(left + width, Width);
        for (var y = Math.Max(top, 0); y < Math.Min(top + height, Height) && from < to; y++)
            bytes.AsSpan((y * Width + from) * Channels, (to - from) * Channels).CopyTo(cut.AsSpan(((y - top) * width + from - left) * Channels));
        return new Picture(width, height, Mode, cut, palette);
    }

    internal static int ChannelsOf(PictureMode mode) => mode switch
    {
        PictureMode.Bit or PictureMode.Grey or PictureMode.Palette => 1,
        PictureMode.GreyAlpha => 2,
        PictureMode.Rgb => 3,
        PictureMode.Rgba => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "no such mode"),
    };

    /// <summary>An index past the end of the palette is black.</summary>
    private ReadOnlySpan<byte> Colour(int index) => 3 * index < palette.Length ? palette.AsSpan(3 * index, 3) : Black;

    private static Picture FromLevels(Tensor values, Func<Tensor, Tensor> levels)
    {
        if (values.shape is not [3, > 0, > 0])
            throw new ArgumentException($"expected [3, height, width], found [{string.Join(", ", values.shape)}]", nameof(values));
        using var scope = NewDisposeScope();
        var interleaved = levels(values).permute(1, 2, 0).contiguous();                  // [H, W, 3]
        return new Picture((int)values.shape[2], (int)values.shape[1], PictureMode.Rgb, interleaved.data<byte>().ToArray());
    }
}
