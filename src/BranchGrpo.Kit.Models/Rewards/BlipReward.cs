using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>ImageReward: how well a picture fits a text and pleases, by BLIP's joint encoding and a linear head on its first token.</summary>
internal sealed class BlipReward : NamedModule
{
    private readonly BlipConfig config;
    private readonly BlipVision vision;
    private readonly BlipText text;
    private readonly LinearHead head;

    public BlipReward(BlipConfig config, WeightFormat format) : base(nameof(BlipReward))
    {
        this.config = config;
        vision = Add("blip.visual_encoder", new BlipVision(config, format));
        text = Add("blip.text_encoder", new BlipText(config, format));
        // In float32 whatever the network's type, as published.
        head = Add("mlp", new LinearHead(config.HeadWidths, format with { Dtype = ScalarType.Float32 }));
    }

    /// <summary>The published file also holds two projections that the reward does not use, and numbers of positions.</summary>
    public static string? Rename(string stored) => stored.StartsWith("blip.vision_proj.", StringComparison.Ordinal)
        || stored.StartsWith("blip.text_proj.", StringComparison.Ordinal) || stored.EndsWith(".position_ids", StringComparison.Ordinal) ? null : stored;

    /// <param name="pixels">Normalised pixels. Shape [B, 3, H, W].</param>
    /// <param name="ids">Shape [B, L], int64.</param>
    /// <param name="attended">1 for tokens, 0 for padding. Shape [B, L].</param>
    /// <param name="probe">Is shown intermediate results.</param>
    /// <returns>(head − mean) / deviation, float32. Shape [B, 1].</returns>
    public Tensor Forward(Tensor pixels, Tensor ids, Tensor attended, Probe? probe = null)
    {
        using var scope = NewDisposeScope();
        var image = vision.Forward(pixels, probe.Under("visual"));                                 // [B, 1 + P, W]
        var hidden = text.Forward(ids, attended, image, probe.Under("text"));                      // [B, L, W]
        var output = head.Forward(hidden.select(1, 0).to(ScalarType.Float32));                     // [B, 1]
        probe?.Invoke("mlp", output);
        return output.sub(Scalars.Of(config.Mean)).div(Scalars.Of(config.Deviation)).MoveToOuterDisposeScope();
    }
}
