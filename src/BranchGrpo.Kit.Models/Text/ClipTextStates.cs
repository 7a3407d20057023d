using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>What a CLIP text encoder gives. The caller owns the tensors.</summary>
/// <param name="Last">After the final norm. Shape [B, S, D].</param>
/// <param name="Hidden">The embeddings, then each block's output, before the final norm. Layers + 1 of shape [B, S, D].</param>
/// <param name="Pooled">The row of <paramref name="Last"/> at the end token. Shape [B, D].</param>
internal sealed record ClipTextStates(Tensor Last, IReadOnlyList<Tensor> Hidden, Tensor Pooled) : IDisposable
{
    /// <summary>Input of the last block, without final norm: what Stable Diffusion 3 takes as sequence. Shape [B, S, D].</summary>
    public Tensor Penultimate => Hidden[^2];

    /// <summary>The pooled vector times the projection; null without one. Not normalised. Shape [B, P].</summary>
    public Tensor? Projected { get; init; }

    /// <summary>Releases every tensor.</summary>
    public void Dispose()
    {
        foreach (var state in Hidden) state.Dispose();
        Last.Dispose();
        Pooled.Dispose();
        Projected?.Dispose();
    }
}
