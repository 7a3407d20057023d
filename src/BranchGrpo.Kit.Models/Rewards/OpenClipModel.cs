using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>open_clip's CLIP: HPSv2, HPSv2.1 and the DFN models. The text tower has no name of its own in the checkpoints.</summary>
internal sealed class OpenClipModel : TwoTowers
{
    private readonly OpenClipVision visual;
    private readonly Embedding tokens;
    private readonly Parameter positions;
    private readonly Parameter projection;
    private readonly PreNormBlock[] blocks;
    private readonly LayerNorm norm;

    public OpenClipModel(OpenClipConfig config, WeightFormat format) : base(nameof(OpenClipModel), format)
    {
        var (text, activation) = (config.Text, Activation.Named(config.QuickGelu ? "quick_gelu" : "gelu"));
        visual = Add("visual", new OpenClipVision(config.Vision, config.Embedding, activation, format));
        tokens = Add("token_embedding", new Embedding(text.Vocabulary, text.Width, format));
        positions = Add("positional_embedding", format, text.ContextLength, text.Width);
        projection = Add("text_projection", format, text.Width, config.Embedding);
        var shape = new BlockShape(text.Width, text.Heads, (long)(text.Width * text.MlpRatio), OpenClipVision.Epsilon, activation);
        blocks =
        [
            .. Enumerable.Range(0, (int)text.Layers).Select(i => Add($"transformer.resblocks.{i}", new PreNormBlock(shape, BlockNames.OpenClip, format))),
        ];
        norm = Add("ln_final", new LayerNorm(text.Width, OpenClipVision.Epsilon, format));
    }

    public OpenClipVision Visual => visual;

    /// <inheritdoc/>
    public override Tensor EncodeImages(Tensor pixels, Probe? probe = null)
    {
        using var scope = NewDisposeScope();
        return Embeddings.Wide(visual.Forward(pixels, probe.Under("visual"))).MoveToOuterDisposeScope();
    }

    /// <summary>The token at the largest id (the end of the text, first occurrence) stands for the text.</summary>
    /// <inheritdoc/>
    public override Tensor EncodeTexts(Tensor ids, Probe? probe = null)
    {
        using var scope = NewDisposeScope();
        var embedded = tokens.Forward(ids);                                                        // [B, L, W]
        probe?.Invoke("text.token_embedding", embedded);
        var x = embedded.add(positions.narrow(0, 0, ids.shape[1]));
        for (var i = 0; i < blocks.Length; i++)
        {
            x = blocks[i].Forward(x, causal: true, probe: probe.Under($"text.block{i}"));
            probe?.Invoke($"text.block{i}", x);
        }
        x = norm.Forward(x);
        probe?.Invoke("text.ln_final", x);
        var pooled = Embeddings.At(x, ids.argmax(-1));                                             // [B, W]
        return Embeddings.Wide(nn.functional.linear(pooled, projection.t())).MoveToOuterDisposeScope();
    }
}
