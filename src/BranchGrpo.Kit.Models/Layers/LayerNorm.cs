using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>y = (x − mean) / √(var + ε) · w + b over the last axis.</summary>
internal sealed class LayerNorm : NamedModule
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly double epsilon;

    public LayerNorm(long width, double epsilon, WeightFormat format) : base(nameof(LayerNorm))
    {
        this.epsilon = epsilon;
        weight = Add("weight", format, width);
        bias = Add("bias", format, width);
    }

    /// <param name="x">Shape […, width].</param>
    public Tensor Forward(Tensor x) => nn.functional.layer_norm(x, [x.shape[^1]], weight, bias, epsilon);
}
