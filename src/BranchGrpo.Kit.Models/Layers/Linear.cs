using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>y = x·Wᵀ + b.</summary>
internal sealed class Linear : NamedModule
{
    private readonly Parameter weight;
    private readonly Parameter? bias;

    public Linear(long inputs, long outputs, WeightFormat format, bool bias = true) : base(nameof(Linear))
    {
        weight = Add("weight", format, outputs, inputs);
        if (bias) this.bias = Add("bias", format, outputs);
    }

    /// <summary>Shape [outputs, inputs].</summary>
    public Parameter Weight => weight;

    public long Inputs => weight.shape[1];

    public long Outputs => weight.shape[0];

    /// <summary>Changes the result y = f(x, x·Wᵀ + b): a low-rank adapter, or nothing.</summary>
    public Func<Tensor, Tensor, Tensor>? Adapter { get; set; }

    /// <param name="x">Shape […, inputs].</param>
    /// <returns>Shape […, outputs].</returns>
    public Tensor Forward(Tensor x)
    {
        var y = nn.functional.linear(x, weight.In(x), bias?.In(x));
        return Adapter is null ? y : Adapter(x, y);
    }
}
