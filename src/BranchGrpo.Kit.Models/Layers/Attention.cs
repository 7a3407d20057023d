using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>softmax(q·kᵀ·scale + mask)·v over heads.</summary>
internal static class Attention
{
    /// <summary>[B, N, heads·width] to [B, heads, N, width].</summary>
    public static Tensor Split(Tensor x, long heads) => x.view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2);

    /// <summary>[B, heads, N, width] to [B, N, heads·width].</summary>
    public static Tensor Join(Tensor x) => x.transpose(1, 2).flatten(2);

    /// <summary>Scaled by 1/√width, without mask or causal.</summary>
    /// <param name="q">Shape [B, heads, N, width].</param>
    /// <param name="k">Shape [B, heads, M, width].</param>
    /// <param name="v">Shape [B, heads, M, width].</param>
    /// <param name="causal">Query i sees keys up to i.</param>
    /// <param name="mask">Added to the scores; broadcasts to [B, heads, N, M].</param>
    /// <returns>Shape [B, N, heads·width].</returns>
    public static Tensor Of(Tensor q, Tensor k, Tensor v, bool causal = false, Tensor? mask = null) =>
        Join(nn.functional.scaled_dot_product_attention(q, k, v, mask, 0, causal));
}
