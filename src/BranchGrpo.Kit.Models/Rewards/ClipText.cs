using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>CLIP's text transformer in the transformers layout.</summary>
internal sealed class ClipText : NamedModule
{
    private readonly Embedding tokens;
    private readonly Embedding positions;
    private readonly PreNormBlock[] blocks;
    private readonly LayerNorm norm;
    private readonly long endToken;

    public ClipText(ClipConfig config, WeightFormat format) : base(nameof(ClipText))
    {
        var tower = config.Text;
        endToken = config.EndToken;
        tokens = Add("embeddings.token_embedding", new Embedding(config.Vocabulary, tower.Width, format));
        positions = Add("embeddings.position_embedding", new Embedding(config.Positions, tower.Width, format));
        blocks = Blocks(tower, format, Add);
        norm = Add("final_layer_norm", new LayerNorm(tower.Width, tower.Epsilon, format));
    }

    /// <param name="ids">Shape [B, L], int64.</param>
    /// <param name="attended">1 for tokens, 0 for padding. Shape [B, L]. Padding follows the token that is returned, which the causal mask keeps from seeing
    /// it: this only changes padded rows.</param>
    /// <param name="probe">Is shown <c>embeddings</c>, every layer and <c>final_layer_norm</c>.</param>
    /// <returns>The end token's row. Shape [B, width].</returns>
    public Tensor Forward(Tensor ids, Tensor? attended, Probe? probe)
    {
        using var scope = NewDisposeScope();
        var x = tokens.Forward(ids).add(positions.Table.narrow(0, 0, ids.shape[1]));               // [B, L, W]
        probe?.Invoke("embeddings", x);
        var mask = attended is null ? null : Mask(attended, x.dtype);
        for (var i = 0; i < blocks.Length; i++)
        {
            x = blocks[i].Forward(x, causal: mask is null, mask, probe.Under($"layer{i}"));
            probe?.Invoke($"layer{i}", x);
        }
        x = norm.Forward(x);
        probe?.Invoke("final_layer_norm", x);
        var end = endToken == 2 ? ids.argmax(-1) : ids.eq(Scalars.Of(endToken)).to(ScalarType.Int32).argmax(-1);    // [B]
        return Embeddings.At(x, end).MoveToOuterDisposeScope();
    }

    /// <summary>The layers of either tower.</summary>
    public static PreNormBlock[] Blocks(ClipTower tower, WeightFormat format, Func<string, PreNormBlock, PreNormBlock> add)
    {
        var shape = new BlockShape(tower.Width, tower.Heads, tower.Hidden, tower.Epsilon, Activations.Of(tower.Activation));
        return [.. Enumerable.Range(0, (int)tower.Layers).Select(i => add($"encoder.layers.{i}", new PreNormBlock(shape, BlockNames.Transformers, format)))];
    }

    // −∞ for later tokens and for padding. Shape [B, 1, L, L].
    private static Tensor Mask(Tensor attended, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        var length = attended.shape[1];
        var later = ones([length, length], dtype: ScalarType.Bool, device: attended.device).triu(1);
        var hidden = attended.eq(Scalars.Of(0)).view(-1, 1, 1, length).logical_or(later);
        return zeros(hidden.shape, dtype, attended.device).masked_fill(hidden, Scalars.Of(double.NegativeInfinity)).MoveToOuterDisposeScope();
    }
}
