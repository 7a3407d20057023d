using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>Sinusoids of a time: cos(t·f_i), then sin(t·f_i), f_i = 10000^(−i/half).</summary>
internal static class TimestepTable
{
    private static readonly double LogOfPeriod = Math.Log(10000);

    /// <summary>The table, in float32 and by the same float32 operations as the published networks: at t = 1000 the rounding of f_i alone moves an
    /// angle by 6e-5, more than everything after it.</summary>
    /// <param name="t">Times, up to 1000 or more; any float type. Shape [B].</param>
    /// <param name="channels">Even.</param>
    /// <returns>Shape [B, channels], float32, on the device of t.</returns>
    public static Tensor Of(Tensor t, long channels = 256)
    {
        using var scope = NewDisposeScope();
        var half = channels / 2;
        var exponents = arange(Scalars.Of(half), dtype: ScalarType.Float32, device: t.device).mul(Scalars.Of(-LogOfPeriod)).div(Scalars.Of(half));     // [half]
        var angles = t.to(ScalarType.Float32).unsqueeze(1).mul(exponents.exp());                                                            // [B, half]
        return cat([angles.cos(), angles.sin()], 1).MoveToOuterDisposeScope();
    }
}
