using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>y = W₂·GELU(W₁·x + b₁) + b₂, four times as wide inside, with the tanh form of GELU.</summary>
internal sealed class FeedForward : NamedModule
{
    private readonly Linear first;
    private readonly Linear second;

    public FeedForward(long width, WeightFormat format) : base(nameof(FeedForward))
    {
        first = Add("net.0.proj", new Linear(width, 4 * width, format));
        second = Add("net.2", new Linear(4 * width, width, format));
    }

    /// <param name="x">Shape [B, N, width].</param>
    /// <returns>The shape of x.</returns>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return second.Forward(gelu(first.Forward(x), TorchSharp.Modules.GELU.Approximate.tanh)).MoveToOuterDisposeScope();
    }
}
