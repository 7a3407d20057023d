using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>A two-dimensional convolution.</summary>
internal sealed class Convolution : NamedModule
{
    private readonly Parameter weight;
    private readonly Parameter? bias;
    private readonly long stride;
    private readonly long padding;

    public Convolution(long inputs, long outputs, long kernel, WeightFormat format, long stride = 1, long padding = 0, bool bias = true)
        : base(nameof(Convolution))
    {
        (this.stride, this.padding) = (stride, padding);
        weight = Add("weight", format, outputs, inputs, kernel, kernel);
        if (bias) this.bias = Add("bias", format, outputs);
    }

    /// <param name="x">Shape [B, inputs, H, W].</param>
    /// <returns>Shape [B, outputs, H', W'].</returns>
    public Tensor Forward(Tensor x) => nn.functional.conv2d(x, weight, bias, strides: [stride, stride], padding: [padding, padding]);
}
