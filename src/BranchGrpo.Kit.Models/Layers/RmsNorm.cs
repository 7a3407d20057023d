using BranchGrpo.Kit.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>y = x / √(mean(x²) + ε) · w over the last axis. The mean is taken in float32; the quotient is rounded to the type of the input
/// before it is multiplied.</summary>
internal sealed class RmsNorm : NamedModule
{
    private readonly Parameter weight;
    private readonly double epsilon;

    public RmsNorm(long width, double epsilon, WeightFormat format) : base(nameof(RmsNorm))
    {
        this.epsilon = epsilon;
        weight = Add("weight", format, width);
    }

    /// <param name="x">Shape […, width].</param>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var wide = x.to(ScalarType.Float32);
        var scale = wide.square().mean([-1], keepdim: true).add(Scalars.Of(epsilon)).rsqrt();          // […, 1]
        return wide.mul(scale).to(x.dtype).mul(weight.In(x)).MoveToOuterDisposeScope();
    }
}
