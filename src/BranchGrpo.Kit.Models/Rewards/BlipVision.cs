using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>BLIP's vision transformer. All its tokens are attended to by the text.</summary>
internal sealed class BlipVision : NamedModule
{
    private const double Epsilon = 1e-6;
    private readonly Parameter classToken;
    private readonly Parameter positions;
    private readonly Convolution patches;
    private readonly PreNormBlock[] blocks;
    private readonly LayerNorm norm;

    public BlipVision(BlipConfig config, WeightFormat format) : base(nameof(BlipVision))
    {
        var width = config.VisionWidth;
        classToken = Add("cls_token", format, 1, 1, width);
        positions = Add("pos_embed", format, 1, 1 + config.Patches, width);
        patches = Add("patch_embed.proj", new Convolution(3, width, config.PatchSize, format, stride: config.PatchSize));
        var shape = new BlockShape(width, config.VisionHeads, config.VisionHidden, Epsilon, Activation.Named("gelu"));
        blocks = [.. Enumerable.Range(0, config.VisionLayers).Select(i => Add($"blocks.{i}", new PreNormBlock(shape, BlockNames.Timm, format)))];
        norm = Add("norm", new LayerNorm(width, Epsilon, format));
    }

    /// <param name="pixels">Shape [B, 3, H, W].</param>
    /// <param name="probe">Is shown <c>patch_embed</c>, every block and <c>output</c>.</param>
    /// <returns>Class token first. Shape [B, 1 + P, width].</returns>
    public Tensor Forward(Tensor pixels, Probe? probe)
    {
        using var scope = NewDisposeScope();
        var grid = patches.Forward(pixels.to(classToken.dtype));                                   // [B, W, rows, columns]
        probe?.Invoke("patch_embed", grid.flatten(2).transpose(1, 2));
        var x = Embeddings.Tokens(grid, classToken, positions);                                    // [B, 1 + P, W]
        for (var i = 0; i < blocks.Length; i++)
        {
            x = blocks[i].Forward(x, probe: probe.Under($"block{i}"));
            probe?.Invoke($"block{i}", x);
        }
        x = norm.Forward(x);
        probe?.Invoke("output", x);
        return x.MoveToOuterDisposeScope();
    }
}
