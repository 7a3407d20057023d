using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Flux;

/// <summary>Rotary position embedding: each pair of neighbouring channels, read as a complex number, turns by position · 10000^(−2i/axis).</summary>
internal static class RotaryPositions
{
    private const double Base = 10000;

    /// <summary>The turns as complex numbers of modulus 1, found in float64 and rounded to float32.</summary>
    /// <param name="ids">Positions of text, then of image. Shape [N, axes].</param>
    /// <param name="axes">Channels of a head for each axis.</param>
    /// <returns>Shape [N, 1, head/2], complex64.</returns>
    public static Tensor Of(Tensor ids, IReadOnlyList<long> axes)
    {
        using var scope = NewDisposeScope();
        if (ids.dim() != 2 || ids.shape[1] != axes.Count)
            throw new ArgumentException($"expected position ids [N, {axes.Count}], found [{string.Join(", ", ids.shape)}]", nameof(ids));
        var positions = ids.to(ScalarType.Float64);                                                                  // [N, axes]
        var angles = cat([.. axes.Select((width, axis) => positions.narrow(1, axis, 1).mul(Frequencies(width, ids.device)))], 1);  // [N, head/2]
        return complex(angles.cos().to(ScalarType.Float32), angles.sin().to(ScalarType.Float32)).unsqueeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>Turns queries or keys; always in float32.</summary>
    /// <param name="x">Shape [B, N, heads, head].</param>
    /// <param name="turns">From <see cref="Of"/>.</param>
    /// <returns>The shape and type of x.</returns>
    /// <remarks>One complex multiplication, and one by the conjugate in the backward pass.</remarks>
    public static Tensor Turn(Tensor x, Tensor turns)
    {
        using var scope = NewDisposeScope();
        var pairs = view_as_complex(x.to(ScalarType.Float32).view([.. x.shape[..^1], -1, 2]));                                // [B, N, heads, head/2]
        return view_as_real(pairs.mul(turns)).flatten(-2).to(x.dtype).MoveToOuterDisposeScope();
    }

    private static Tensor Frequencies(long width, Device device)
    {
        var exponents = arange(Scalars.Of(0), Scalars.Of(width), Scalars.Of(2), dtype: ScalarType.Float64, device: device).div(Scalars.Of(width));
        return exponents.mul(Scalars.Of(-Math.Log(Base))).exp();                                                     // [width/2]
    }
}
