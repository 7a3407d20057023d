using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Images;

/// <summary>Fits the longest side and fills the rest of the square with zeros, in floating point.</summary>
internal sealed class LetterboxPipeline(int size, bool antialias, ImageNormalisation? normalisation)
    : ImagePipeline(antialias ? "hps_antialias" : "hps_no_antialias", size, size, normalisation)
{
    public override Tensor Apply(Picture picture)
    {
        using var scope = NewDisposeScope();
        return ApplyWithAlpha(picture).narrow(0, 0, 3).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Keeps alpha, resized but not normalised, as a fourth channel, as the published transform does; it does not touch the colours.</summary>
    /// <returns>Shape [3 or 4, size, size].</returns>
    public Tensor ApplyWithAlpha(Picture picture)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var unit = TensorLevels.ToUnit(picture.Mode == PictureMode.Rgba ? picture : picture.ToRgb());            // [C, H, W]
        return Normalisation.Apply(Fit(unit)).MoveToOuterDisposeScope();
    }

    /// <summary>Rows and columns of the image within the square.</summary>
    public (int Top, int Left, int Height, int Width) Place(int height, int width)
    {
        // The scale is rounded before it multiplies, and Python's round goes to even: both can move a side by a pixel.
        var scale = (double)Height / Math.Max(height, width);
        int rows = Math.Max(1, (int)Math.Round(height * scale)), columns = Math.Max(1, (int)Math.Round(width * scale));
        return ((Height - rows) / 2, (Width - columns) / 2, rows, columns);
    }

    private Tensor Fit(Tensor unit)
    {
        using var scope = NewDisposeScope();
        var (top, left, rows, columns) = Place((int)unit.shape[1], (int)unit.shape[2]);
        var inside = rows == unit.shape[1] && columns == unit.shape[2] ? unit
            : antialias ? TorchResize.Antialias(unit, rows, columns) : TorchResize.Plain(unit, rows, columns);   // [C, rows, columns]
        return nn.functional.pad(inside, [left, Width - columns - left, top, Height - rows - top], PaddingModes.Constant, 0).MoveToOuterDisposeScope();
    }
}
