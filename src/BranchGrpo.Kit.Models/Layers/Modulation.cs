using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>Shifts, scales and gates of a block, linear in SiLU of the conditioning vector; and the norm that uses them.</summary>
/// <remarks>Each use is one fused multiplication and addition.</remarks>
internal sealed class Modulation : NamedModule
{
    private const double Epsilon = 1e-6;
    private readonly Linear linear;
    private readonly int pieces;

    public Modulation(long width, int pieces, WeightFormat format) : base(nameof(Modulation))
    {
        this.pieces = pieces;
        linear = Add("linear", new Linear(width, pieces * width, format));
    }

    /// <param name="activated">SiLU of the conditioning. Shape [B, width].</param>
    /// <returns>The pieces in the published order, each [B, 1, width].</returns>
    public Tensor[] Of(Tensor activated)
    {
        using var scope = NewDisposeScope();
        return [.. linear.Forward(activated).unsqueeze(1).chunk(pieces, 2).Select(p => p.MoveToOuterDisposeScope())];
    }

    /// <summary>LN(x)·(1 + scale) + shift, with a norm without weights.</summary>
    /// <param name="x">Shape [B, N, width].</param>
    /// <param name="shift">Shape [B, 1, width].</param>
    /// <param name="scale">Shape [B, 1, width].</param>
    /// <returns>The shape of x.</returns>
    public static Tensor Norm(Tensor x, Tensor shift, Tensor scale)
    {
        using var scope = NewDisposeScope();
        var normed = nn.functional.layer_norm(x, [x.shape[^1]], eps: Epsilon);                        // [B, N, width]
        return shift.addcmul(normed, scale.add(Scalars.Of(1)), Scalars.Of(1)).MoveToOuterDisposeScope();
    }

    /// <summary>x + gate·y.</summary>
    public static Tensor Gated(Tensor x, Tensor gate, Tensor y) => x.addcmul(gate, y, Scalars.Of(1));
}
