using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>open_clip's vision transformer; the class token is the picture.</summary>
internal sealed class OpenClipVision : NamedModule
{
    // Not stored in any configuration: torch's default.
    public const double Epsilon = 1e-5;

    private readonly Parameter classEmbedding;
    private readonly Parameter positions;
    private readonly Parameter projection;
    private readonly Convolution patches;
    private readonly LayerNorm norm;
    private readonly PreNormBlock[] blocks;

    public OpenClipVision(OpenClipVisionConfig config, long embedding, Func<Tensor, Tensor> activation, WeightFormat format) : base(nameof(OpenClipVision))
    {
        var width = config.Width;
        classEmbedding = Add("class_embedding", format, width);
        positions = Add("positional_embedding", format, 1 + config.Patches, width);
        projection = Add("proj", format, width, embedding);
        patches = Add("conv1", new Convolution(3, width, config.PatchSize, format, stride: config.PatchSize, bias: false));
        norm = Add("ln_pre", new LayerNorm(width, Epsilon, format));
        var shape = new BlockShape(width, width / config.HeadWidth, (long)(width * config.MlpRatio), Epsilon, activation);
        blocks =
        [
            .. Enumerable.Range(0, (int)config.Layers).Select(i => Add($"transformer.resblocks.{i}", new PreNormBlock(shape, BlockNames.OpenClip, format))),
        ];
        PostNorm = Add("ln_post", new LayerNorm(width, Epsilon, format));
    }

    /// <summary>Of the class token.</summary>
    public LayerNorm PostNorm { get; }

    /// <param name="pixels">Shape [B, 3, H, W].</param>
    /// <param name="probe">Is shown <c>conv1</c>, <c>ln_pre</c>, every block, <c>tokens</c> (before the last norm) and <c>ln_post</c>.</param>
    /// <returns>Shape [B, embedding].</returns>
    public Tensor Forward(Tensor pixels, Probe? probe)
    {
        using var scope = NewDisposeScope();
        var grid = patches.Forward(pixels.to(projection.dtype));                                   // [B, W, rows, columns]
        probe?.Invoke("conv1", grid);
        var x = norm.Forward(Embeddings.Tokens(grid, classEmbedding, positions));                  // [B, 1 + P, W]
        probe?.Invoke("ln_pre", x);
        for (var i = 0; i < blocks.Length; i++)
        {
            x = blocks[i].Forward(x, probe: probe.Under($"block{i}"));
            probe?.Invoke($"block{i}", x);
        }
        probe?.Invoke("tokens", x);
        var pooled = PostNorm.Forward(x.select(1, 0));                                             // [B, W]
        probe?.Invoke("ln_post", pooled);
        return nn.functional.linear(pooled, projection.t()).MoveToOuterDisposeScope();
    }
}
