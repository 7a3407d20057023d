using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Images;

/// <summary>Values of tensors as 8-bit levels and back, as the published training runs do before a reward sees an image.</summary>
internal static class TensorLevels
{
    /// <summary>round(255·clamp(x·½ + ½, 0, 1)), half to even. Product and sum are rounded to the type of x (bfloat16 loses levels here, in the published
    /// runs too); the rest is float32.</summary>
    /// <param name="values">About −1..1, of any shape; borrowed.</param>
    /// <returns>uint8 on the CPU; the caller owns it.</returns>
    /// <exception cref="ArgumentException">A value is not finite.</exception>
    public static Tensor FromSigned(Tensor values)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var unit = Finite(values).mul(Scalars.Of(0.5)).add(Scalars.Of(0.5)).clamp(Scalars.Of(0), Scalars.Of(1));
        return Levels(unit.cpu().to(ScalarType.Float32)).MoveToOuterDisposeScope();
    }

    /// <summary>clamp(round(255·x), 0, 255), half to even, in the type of x.</summary>
    /// <param name="values">About 0..1, of any shape; borrowed.</param>
    /// <returns>uint8 on the CPU; the caller owns it.</returns>
    /// <exception cref="ArgumentException">A value is not finite.</exception>
    public static Tensor FromUnit(Tensor values)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        return Levels(Finite(values).cpu()).MoveToOuterDisposeScope();
    }

    /// <summary>Levels / 255 in float32.</summary>
    /// <returns>Shape [channels, H, W] on the CPU; the caller owns it.</returns>
    public static Tensor ToUnit(Picture picture)
    {
        using var scope = NewDisposeScope();
        var levels = tensor(picture.Bytes.ToArray(), [picture.Height, picture.Width, picture.Channels], ScalarType.Byte);   // [H, W, C]
        return levels.permute(2, 0, 1).to(ScalarType.Float32).div(Scalars.Of(255)).contiguous().MoveToOuterDisposeScope();  // [C, H, W]
    }

    private static Tensor Levels(Tensor unit) =>
        unit.mul(Scalars.Of(255)).round().clamp(Scalars.Of(0), Scalars.Of(255)).to(ScalarType.Byte);

    private static Tensor Finite(Tensor values)
    {
        var x = values.detach();
        if (!x.is_floating_point()) throw new ArgumentException($"expected floating-point values, found {x.dtype}", nameof(values));
        using var finite = x.isfinite().all();
        return finite.item<bool>() ? x
            : throw new ArgumentException("the image has values that are not finite: the decoder or the latents before it overflowed", nameof(values));
    }
}
