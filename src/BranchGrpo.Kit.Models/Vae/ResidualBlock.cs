using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Vae;

/// <summary>y = s(x) + conv(silu(norm(conv(silu(norm(x)))))); s is a 1×1 convolution where the number of channels changes.</summary>
internal sealed class ResidualBlock : NamedModule
{
    internal const double Epsilon = 1e-6;
    private readonly GroupNorm norm1;
    private readonly Convolution conv1;
    private readonly GroupNorm norm2;
    private readonly Convolution conv2;
    private readonly Convolution? shortcut;

    public ResidualBlock(long inputs, long outputs, long groups, WeightFormat format) : base(nameof(ResidualBlock))
    {
        norm1 = Add("norm1", new GroupNorm(groups, inputs, Epsilon, format));
        conv1 = Add("conv1", new Convolution(inputs, outputs, 3, format, padding: 1));
        norm2 = Add("norm2", new GroupNorm(groups, outputs, Epsilon, format));
        conv2 = Add("conv2", new Convolution(outputs, outputs, 3, format, padding: 1));
        if (inputs != outputs) shortcut = Add("conv_shortcut", new Convolution(inputs, outputs, 1, format));
    }

    /// <param name="x">Shape [B, inputs, H, W].</param>
    /// <returns>Shape [B, outputs, H, W].</returns>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var hidden = conv1.Forward(nn.functional.silu(norm1.Forward(x)));                          // [B, outputs, H, W]
        var change = conv2.Forward(nn.functional.silu(norm2.Forward(hidden)));                     // [B, outputs, H, W]
        return change.add(shortcut is null ? x : shortcut.Forward(x)).MoveToOuterDisposeScope();
    }
}
