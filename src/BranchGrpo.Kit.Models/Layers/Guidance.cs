using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>Classifier-free guidance: v = v_uncond + s·(v_text − v_uncond). Ho and Salimans, arXiv 2207.12598.</summary>
internal static class Guidance
{
    /// <summary>Joins what the network is told without and with the text, in the order that <see cref="Of(Tensor, double)"/> takes apart.</summary>
    /// <param name="unconditional">Shape [B, …].</param>
    /// <param name="text">The same shape.</param>
    /// <returns>Shape [2B, …].</returns>
    public static Tensor Doubled(Tensor unconditional, Tensor text) => cat([unconditional, text], 0);

    /// <summary>Guided prediction of a doubled batch, the unconditional half first.</summary>
    /// <param name="doubled">Shape [2B, …].</param>
    /// <param name="scale">Guidance scale s; 1 gives the prediction with text, and then the other half need not be computed.</param>
    /// <returns>Shape [B, …].</returns>
    public static Tensor Of(Tensor doubled, double scale)
    {
        using var scope = NewDisposeScope();
        if (doubled.shape[0] % 2 != 0)
            throw new ArgumentException($"expected an even number of rows, unconditional ones first, got {doubled.shape[0]}", nameof(doubled));
        var halves = doubled.chunk(2, 0);
        return Of(halves[0], halves[1], scale).MoveToOuterDisposeScope();
    }

    /// <summary>Guided prediction.</summary>
    /// <param name="unconditional">Shape [B, …].</param>
    /// <param name="text">The same shape.</param>
    /// <param name="scale">Guidance scale s.</param>
    /// <returns>Shape [B, …].</returns>
    public static Tensor Of(Tensor unconditional, Tensor text, double scale)
    {
        using var scope = NewDisposeScope();
        return unconditional.add(text.sub(unconditional), alpha: Scalars.Of(scale)).MoveToOuterDisposeScope();
    }
}
