using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>LAION's aesthetic predictor: a linear head on the normalised picture embedding of CLIP-L.</summary>
internal static class AestheticHead
{
    /// <param name="head">One output.</param>
    /// <param name="embedding">Not normalised. Shape [B, D].</param>
    /// <returns>About 1 to 10. Shape [B].</returns>
    public static Tensor Score(LinearHead head, Tensor embedding)
    {
        using var scope = NewDisposeScope();
        return head.Forward(Embeddings.Normalise(embedding)).squeeze(-1).MoveToOuterDisposeScope();
    }
}
