using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>Activations by the names of published configurations.</summary>
internal static class Activation
{
    /// <summary>The function of a name.</summary>
    /// <exception cref="InvalidDataException">A name that no network of the kit uses.</exception>
    public static Func<Tensor, Tensor> Named(string name) => name switch
    {
        "quick_gelu" => QuickGelu,
        "gelu" => static x => x.gelu(),
        "gelu_new" or "gelu_pytorch_tanh" or "gelu-approximate" => GeluTanh,
        "silu" or "swish" => static x => nn.functional.silu(x),
        "relu" => static x => x.relu(),
        _ => throw new InvalidDataException($"Unknown activation '{name}': expected quick_gelu, gelu, gelu_new, gelu_pytorch_tanh, silu or relu."),
    };

    /// <summary>x·σ(1.702·x).</summary>
    public static Tensor QuickGelu(Tensor x)
    {
        using var scope = NewDisposeScope();
        return x.mul(x.mul(Scalars.Of(1.702)).sigmoid()).MoveToOuterDisposeScope();
    }

    /// <summary>½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))).</summary>
    public static Tensor GeluTanh(Tensor x) => x.gelu(TorchSharp.Modules.GELU.Approximate.tanh);
}
