using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>Activations by the names that published configurations give them (<c>hidden_act</c>).</summary>
internal static class Activations
{
    /// <summary>The function of that name.</summary>
    /// <exception cref="NotSupportedException">Not one of those known; the message lists them.</exception>
    public static Func<Tensor, Tensor> Of(string name) => name switch
    {
        "gelu" => static x => nn.functional.gelu(x),
        "quick_gelu" => QuickGelu,
        "relu" => static x => nn.functional.relu(x),
        "silu" or "swish" => static x => nn.functional.silu(x),
        _ => throw new NotSupportedException($"activation \"{name}\": expected gelu, quick_gelu, relu or silu"),
    };

    /// <summary>x·sigmoid(1.702·x), the activation that OpenAI's CLIP was trained with.</summary>
    public static Tensor QuickGelu(Tensor x)
    {
        using var scope = NewDisposeScope();
        return x.mul(x.mul(Scalars.Of(1.702)).sigmoid()).MoveToOuterDisposeScope();
    }
}
