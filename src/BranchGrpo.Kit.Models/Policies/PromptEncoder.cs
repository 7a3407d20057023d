using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>Turns prompts into embeddings. Made to be used for many prompts and then freed: the encoders are as large as the image model.</summary>
public abstract class PromptEncoder : IDisposable
{
    /// <summary>The embedding of one prompt.</summary>
    /// <returns>In the encoders' type and place; the caller owns it.</returns>
    public abstract PromptEmbedding Encode(string prompt);

    /// <summary>Frees the encoders.</summary>
    public abstract void Dispose();
}
