using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>A two-dimensional convolution.</summary>
internal sealed class Convolution : NamedModule
{
    private const long Lanes = 16;
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
    public Tensor Forward(Tensor x)
    {
        var (outputs, inputs) = (weight.shape[0], weight.shape[1]);
        if (weight.device_type != DeviceType.CPU || (Missing(inputs) == 0 && Missing(outputs) == 0)) return Convolve(x, weight.In(x), bias?.In(x));
        using var scope = NewDisposeScope();
        var wide = nn.functional.pad(weight.In(x), [0, 0, 0, 0, 0, Missing(inputs), 0, Missing(outputs)]);                    // [outputs', inputs', k, k]
        var wideBias = bias is null ? null : nn.functional.pad(bias.In(x), [0, Missing(outputs)]);
        var y = Convolve(nn.functional.pad(x, [0, 0, 0, 0, 0, Missing(inputs)]), wide, wideBias);                      // [B, outputs', H', W']
        return y.narrow(1, 0, outputs).MoveToOuterDisposeScope();
    }

    // On AVX-512, libtorch 2.10's convolution of 24 channels reads memory that nobody wrote, and now and then gives NaN. Whole vectors are safe, so are
    // a picture's channels. Published widths are whole vectors.
    private static long Missing(long channels) => channels <= 4 ? 0 : (Lanes - channels % Lanes) % Lanes;

    private Tensor Convolve(Tensor x, Tensor kernel, Tensor? offset) =>
        nn.functional.conv2d(x, kernel, offset, strides: [stride, stride], padding: [padding, padding]);
}
