using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Images;

/// <summary>Resizes in 8 bits with Pillow's arithmetic and crops the centre.</summary>
internal sealed class CropPipeline(string name, int height, int width, ImageNormalisation? normalisation) : ImagePipeline(name, height, width, normalisation)
{
    /// <summary>Null to leave the size.</summary>
    public Target? Resize { get; init; }

    /// <summary>Colours before resizing; otherwise the file's own mode is resized, which differs for palettes, bits and alpha.</summary>
    public bool ColoursFirst { get; init; }

    /// <summary>Half an odd excess is rounded down as in transformers; otherwise to even as in torchvision.</summary>
    public bool FloorOffset { get; init; }

    public bool Crop { get; init; } = true;

    public bool Normalise { get; init; } = true;

    public ResampleFilter Filter { get; init; } = ResampleFilter.Bicubic;

    /// <summary>Of a level, to about 0..1.</summary>
    public double Rescale { get; init; } = 1.0 / 255;

    public override Tensor Apply(Picture picture)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var levels = Levels(picture);
        float[] unit = [.. Enumerable.Range(0, 256).Select(level => (float)(level * Rescale))];
        float[] values = [.. levels.Bytes.ToArray().Select(level => unit[level])];
        var x = tensor(values, [levels.Height, levels.Width, 3]).permute(2, 0, 1).contiguous();                  // [3, H, W]
        return (Normalise ? Normalisation.Apply(x) : x).MoveToOuterDisposeScope();
    }

    /// <summary>The last 8-bit image.</summary>
    public Picture Levels(Picture picture)
    {
        if (ColoursFirst) picture = picture.ToRgb();
        if (Resize is not null)
        {
            var (rows, columns) = Resize.Of(picture.Height, picture.Width);
            picture = PilResize.Resize(picture, columns, rows, Filter);
        }
        if (Crop && (picture.Height != Height || picture.Width != Width))
            picture = picture.Crop(Offset(picture.Width - Width), Offset(picture.Height - Height), Width, Height);
        return picture.ToRgb();
    }

    private int Offset(int excess) => FloorOffset ? (int)Math.Floor(excess / 2.0) : excess < 0 ? -(-excess / 2) : (int)Math.Round(excess / 2.0);

    /// <summary>Size of the resized image.</summary>
    public abstract record Target
    {
        public abstract (int Height, int Width) Of(int height, int width);
    }

    /// <summary>The shortest side gets the size, the other one in proportion, rounded towards zero.</summary>
    public sealed record ShortestSide(int Size) : Target
    {
        public override (int Height, int Width) Of(int height, int width)
        {
            var other = (int)((double)Size * Math.Max(height, width) / Math.Min(height, width));
            return height <= width ? (Size, other) : (other, Size);
        }
    }

    /// <summary>Both sides, whatever the proportion.</summary>
    public sealed record BothSides(int Height, int Width) : Target
    {
        public override (int Height, int Width) Of(int height, int width) => (Height, Width);
    }
}
