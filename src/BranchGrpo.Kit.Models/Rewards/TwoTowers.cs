using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>A network that puts pictures and texts into one space, where their cosine says how well they fit.</summary>
internal abstract class TwoTowers : NamedModule
{
    private readonly Parameter logitScale;

    protected TwoTowers(string name, WeightFormat format) : base(name) => logitScale = Add("logit_scale", format);

    /// <summary>Factor that the network was trained with, stored as its logarithm. A scalar with a graph.</summary>
    public Tensor Scale
    {
        get
        {
            using var scope = NewDisposeScope();
            return Embeddings.Wide(logitScale).exp().MoveToOuterDisposeScope();
        }
    }

    /// <summary>The factor as a number.</summary>
    public double Factor()
    {
        using var scope = NewDisposeScope();
        return Scale.detach().to(ScalarType.Float64).item<double>();
    }

    /// <summary>Embeddings of pictures, not normalised.</summary>
    /// <param name="pixels">Normalised pixels. Shape [B, 3, H, W].</param>
    /// <param name="probe">Is shown intermediate results.</param>
    /// <returns>float32. Shape [B, D].</returns>
    public abstract Tensor EncodeImages(Tensor pixels, Probe? probe = null);

    /// <summary>Embeddings of texts, not normalised.</summary>
    /// <param name="ids">Shape [B, L], int64.</param>
    /// <param name="probe">Is shown intermediate results.</param>
    /// <returns>float32. Shape [B, D].</returns>
    public abstract Tensor EncodeTexts(Tensor ids, Probe? probe = null);
}

/// <summary>What is done with embeddings.</summary>
internal static class Embeddings
{
    /// <summary>x / max(|x|, 1e-12) over the last axis: the bound only keeps a vector of zeros from becoming NaN.</summary>
    /// <param name="x">Shape […, D].</param>
    public static Tensor Normalise(Tensor x)
    {
        using var scope = NewDisposeScope();
        return x.div(linalg.vector_norm(x, 2, [-1], keepdim: true).clamp_min(Scalars.Of(1e-12))).MoveToOuterDisposeScope();
    }

    /// <summary>Cosines of pairs: the dot products of rows with the same number.</summary>
    /// <param name="a">Normalised. Shape [B, D].</param>
    /// <param name="b">Normalised. Shape [B, D].</param>
    /// <returns>Shape [B].</returns>
    public static Tensor Cosine(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return a.mul(b).sum(-1).MoveToOuterDisposeScope();
    }

    /// <summary>Half-precision values as float32, others as they are.</summary>
    public static Tensor Wide(Tensor x) => x.dtype is ScalarType.BFloat16 or ScalarType.Float16 ? x.to(ScalarType.Float32) : x.alias();

    /// <summary>One row of each batch element.</summary>
    /// <param name="x">Shape [B, L, D].</param>
    /// <param name="position">Shape [B], int64.</param>
    /// <returns>Shape [B, D].</returns>
    public static Tensor At(Tensor x, Tensor position)
    {
        using var scope = NewDisposeScope();
        return x.gather(1, position.view(-1, 1, 1).expand(-1, 1, x.shape[2])).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>The tokens of a vision transformer: class token, then the patches row by row, positions added.</summary>
    /// <param name="patches">Shape [B, W, rows, columns].</param>
    /// <param name="classToken">W values.</param>
    /// <param name="positions">(1 + P)·W values.</param>
    /// <returns>Shape [B, 1 + P, W].</returns>
    public static Tensor Tokens(Tensor patches, Tensor classToken, Tensor positions)
    {
        using var scope = NewDisposeScope();
        var width = patches.shape[1];
        var rows = patches.flatten(2).transpose(1, 2);                                             // [B, P, W]
        if (positions.numel() != (1 + rows.shape[1]) * width)
            throw new ArgumentException($"{rows.shape[1]} patches came, but the table of positions is made for {positions.numel() / width - 1}: "
                + "prepare pictures at the size that the configuration says", nameof(patches));
        var first = classToken.view(1, 1, width).expand(rows.shape[0], 1, width);
        return cat([first, rows], 1).add(positions.view(1, -1, width)).MoveToOuterDisposeScope();
    }
}
