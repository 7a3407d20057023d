using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>What the text encoders of a pipeline say about one prompt.</summary>
/// <param name="Tokens">Shape [tokens, joint width].</param>
/// <param name="Pooled">Shape [pooled width].</param>
public readonly record struct PromptEmbedding(Tensor Tokens, Tensor Pooled) : IDisposable
{
    /// <summary>Frees both.</summary>
    public void Dispose()
    {
        Tokens.Dispose();
        Pooled.Dispose();
    }
}
