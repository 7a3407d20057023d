using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>y = W₂·SiLU(W₁·x + b₁) + b₂: embeds a sinusoidal table or a pooled text.</summary>
internal sealed class TwoLayers : NamedModule
{
    private readonly Linear first;
    private readonly Linear second;

    public TwoLayers(long inputs, long outputs, WeightFormat format) : base(nameof(TwoLayers))
    {
        first = Add("linear_1", new Linear(inputs, outputs, format));
        second = Add("linear_2", new Linear(outputs, outputs, format));
    }

    /// <param name="x">Shape [B, inputs].</param>
    /// <returns>Shape [B, outputs].</returns>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return second.Forward(nn.functional.silu(first.Forward(x))).MoveToOuterDisposeScope();
    }
}
