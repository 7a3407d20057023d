using BranchGrpo.Kit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Images;

/// <summary>Resizing of float images as torch does it: differentiable, corners not aligned, results not clamped.</summary>
public static class TorchResize
{
    /// <summary>Resizes with the filter widened when shrinking (<c>antialias=True</c>): y = A·x·Bᵀ with one matrix per axis, bicubic a = −½.</summary>
    /// <param name="x">Shape […, H, W]; borrowed.</param>
    /// <param name="height">Of the result.</param>
    /// <param name="width">Of the result.</param>
    /// <param name="filter">Bicubic or bilinear.</param>
    /// <returns>Shape […, height, width], with the gradient of x; the caller owns it.</returns>
    public static Tensor Antialias(Tensor x, int height, int width, ResampleFilter filter = ResampleFilter.Bicubic)
    {
        Check(x, height, width, filter);
        using var scope = NewDisposeScope();
        var y = x;
        if (width != x.shape[^1]) y = Ops.MatMul(y, Matrix(x, x.shape[^1], width, filter).transpose(0, 1));      // […, H, width]
        if (height != x.shape[^2]) y = Ops.MatMul(Matrix(x, x.shape[^2], height, filter), y);                    // […, height, width]
        return (ReferenceEquals(y, x) ? x.clone() : y).MoveToOuterDisposeScope();
    }

    /// <summary>Resizes from the nearest 4 x 4 (bicubic, a = −¾) or 2 x 2 pixels without a low-pass (<c>antialias=False</c>).</summary>
    /// <param name="x">Shape [C, H, W] or [B, C, H, W]; borrowed.</param>
    /// <param name="height">Of the result.</param>
    /// <param name="width">Of the result.</param>
    /// <param name="filter">Bicubic or bilinear.</param>
    /// <returns>Shape […, height, width], with the gradient of x; the caller owns it.</returns>
    public static Tensor Plain(Tensor x, int height, int width, ResampleFilter filter = ResampleFilter.Bicubic)
    {
        Check(x, height, width, filter);
        if (x.shape.Length is not (3 or 4)) throw new ArgumentException($"expected [C, H, W] or [B, C, H, W], found [{string.Join(", ", x.shape)}]", nameof(x));
        using var scope = NewDisposeScope();
        var mode = filter == ResampleFilter.Bicubic ? InterpolationMode.Bicubic : InterpolationMode.Bilinear;
        var batch = x.shape.Length == 4 ? x : x.unsqueeze(0);                                                    // [B, C, H, W]
        var y = nn.functional.interpolate(batch, [height, width], mode: mode, align_corners: false);             // [B, C, height, width]
        return (x.shape.Length == 4 ? y : y.squeeze(0)).MoveToOuterDisposeScope();
    }

    /// <summary>8-bit levels through float32: antialiased, clamped, rounded half to even. Differs from Pillow by a level here and there.</summary>
    /// <param name="levels">uint8, shape […, H, W]; borrowed.</param>
    /// <param name="height">Of the result.</param>
    /// <param name="width">Of the result.</param>
    /// <param name="filter">Bicubic or bilinear.</param>
    /// <returns>uint8, shape […, height, width]; the caller owns it.</returns>
    public static Tensor Levels(Tensor levels, int height, int width, ResampleFilter filter = ResampleFilter.Bicubic)
    {
        using var scope = NewDisposeScope();
        var y = Antialias(levels.to(ScalarType.Float32), height, width, filter);                                 // […, height, width]
        return y.clamp(Scalars.Of(0), Scalars.Of(255)).round().to(ScalarType.Byte).MoveToOuterDisposeScope();
    }

    /// <summary>Weights of every source position in every target position, [target, source], in x's type and place. Positions are computed in float32
    /// (double for float64) as in torch, because large images see the difference.</summary>
    private static Tensor Matrix(Tensor x, long source, int target, ResampleFilter filter)
    {
        using var scope = NewDisposeScope();
        var matrix = x.dtype == ScalarType.Float64 ? tensor(Rows<double>((int)source, target, filter)) : tensor(Rows<float>((int)source, target, filter));
        return matrix.to(x.dtype, x.device).MoveToOuterDisposeScope();                                           // [target, source]
    }

    private static T[,] Rows<T>(int source, int target, ResampleFilter filter) where T : struct, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        var (first, weights) = ResampleWeights<T>.Of(source, target, filter);
        var rows = new T[target, source];
        for (var i = 0; i < target; i++)
            for (var j = 0; j < weights[i].Length; j++) rows[i, first[i] + j] = weights[i][j];
        return rows;
    }

    private static void Check(Tensor x, int height, int width, ResampleFilter filter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (filter is not (ResampleFilter.Bicubic or ResampleFilter.Bilinear))
            throw new ArgumentOutOfRangeException(nameof(filter), filter, "torch resizes images with the bicubic or the bilinear filter");
        if (x.shape.Length < 2 || !x.is_floating_point())
            throw new ArgumentException($"expected floating-point values of shape […, H, W], found {x.dtype} [{string.Join(", ", x.shape)}]", nameof(x));
    }
}
