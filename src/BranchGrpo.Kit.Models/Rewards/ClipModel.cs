using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Text;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>CLIP in the transformers layout: PickScore and OpenAI's CLIP-L.</summary>
internal sealed class ClipModel : TwoTowers
{
    private readonly ClipVision vision;
    private readonly ClipTextTransformer text;
    private readonly Linear visualProjection;
    private readonly Linear textProjection;

    public ClipModel(ClipConfig config, WeightFormat format) : base(nameof(ClipModel), format)
    {
        vision = Add("vision_model", new ClipVision(config, format));
        text = Add("text_model", new ClipTextTransformer(config.Text, format));
        visualProjection = Add("visual_projection", new Linear(config.Width, config.Projection, format, bias: false));
        textProjection = Add("text_projection", new Linear(config.Text.Width, config.Projection, format, bias: false));
    }

    /// <summary>Names in older files that are no weights: the numbers 0, 1, 2, ….</summary>
    public static string? Rename(string stored) => stored.EndsWith(".position_ids", StringComparison.Ordinal) ? null : stored;

    /// <inheritdoc/>
    public override Tensor EncodeImages(Tensor pixels, Probe? probe = null)
    {
        using var scope = NewDisposeScope();
        return Embeddings.Wide(visualProjection.Forward(vision.Forward(pixels, probe.Under("vision")))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor EncodeTexts(Tensor ids, Probe? probe = null) => EncodeTexts(ids, null, probe);

    /// <param name="ids">Shape [B, L], int64.</param>
    /// <param name="attended">1 for tokens, 0 for padding. Shape [B, L].</param>
    /// <param name="probe">Is shown intermediate results.</param>
    /// <returns>float32. Shape [B, D].</returns>
    public Tensor EncodeTexts(Tensor ids, Tensor? attended, Probe? probe)
    {
        using var scope = NewDisposeScope();
        return Embeddings.Wide(textProjection.Forward(text.Forward(ids, attended, probe.Under("text")).Pooled)).MoveToOuterDisposeScope();
    }
}
