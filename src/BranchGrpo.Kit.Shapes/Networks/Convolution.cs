using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes.Networks;

/// <summary>A convolution of stride 2 that halves height and width.</summary>
internal sealed class Convolution : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly int kernel;

    public Convolution(int inputs, int outputs, int kernel, Generator generator) : base(nameof(Convolution))
    {
        // On AVX-512, libtorch 2.10's convolution of 24 channels reads memory that nobody wrote, and now and then gives NaN; whole vectors are safe.
        if (inputs > 3 && inputs % 16 != 0) throw new ArgumentOutOfRangeException(nameof(inputs), inputs, "must be a multiple of 16");
        this.kernel = kernel;
        weight = Weights.Uniform(generator, inputs * kernel * kernel, outputs, inputs, kernel, kernel);
        bias = Weights.Uniform(generator, inputs * kernel * kernel, outputs);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) =>
        nn.functional.conv2d(input, weight, bias, strides: [2, 2], padding: [kernel / 2, kernel / 2]);
}
