using System.Collections.Immutable;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Images;

/// <summary>(x − mean) / std for each colour.</summary>
/// <param name="Mean">Red, green, blue, in 0..1.</param>
/// <param name="Std">Red, green, blue, above 0.</param>
public readonly record struct ImageNormalisation(ImmutableArray<float> Mean, ImmutableArray<float> Std)
{
    /// <summary>That of CLIP, which every image reward here uses.</summary>
    public static ImageNormalisation Clip { get; } = new([0.48145466f, 0.4578275f, 0.40821073f], [0.26862954f, 0.26130258f, 0.27577711f]);

    /// <summary>Applies it to the first three channels; others stay.</summary>
    /// <param name="x">Shape [C ≥ 3, H, W], 0..1; borrowed.</param>
    /// <returns>Shape [C, H, W]; the caller owns it.</returns>
    public Tensor Apply(Tensor x)
    {
        if (x.shape is not [>= 3, _, _]) throw new ArgumentException($"expected [3, H, W], found [{string.Join(", ", x.shape)}]", nameof(x));
        using var scope = NewDisposeScope();
        var colours = x.narrow(0, 0, 3).sub(Column(Mean, x)).div(Column(Std, x));                               // [3, H, W]
        var others = x.shape[0] - 3;
        return (others == 0 ? colours : cat([colours, x.narrow(0, 3, others)])).MoveToOuterDisposeScope();
    }

    private static Tensor Column(ImmutableArray<float> values, Tensor x) => tensor(values.ToArray(), [3, 1, 1], x.dtype, x.device);
}
