using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>CLIP's vision transformer in the transformers layout; the class token is the picture.</summary>
internal sealed class ClipVision : NamedModule
{
    private readonly PatchEmbeddings embeddings;
    private readonly LayerNorm preNorm;
    private readonly PreNormBlock[] blocks;
    private readonly LayerNorm postNorm;

    public ClipVision(ClipConfig config, WeightFormat format) : base(nameof(ClipVision))
    {
        embeddings = Add("embeddings", new PatchEmbeddings(config, format));
        preNorm = Add("pre_layrnorm", new LayerNorm(config.Width, config.Epsilon, format));            // the published spelling
        var shape = new BlockShape(config.Width, config.Heads, config.Inner, config.Epsilon, Activation.Named(config.Activation));
        blocks = [.. Enumerable.Range(0, config.Layers).Select(i => Add($"encoder.layers.{i}", new PreNormBlock(shape, BlockNames.Transformers, format)))];
        postNorm = Add("post_layernorm", new LayerNorm(config.Width, config.Epsilon, format));
    }

    /// <param name="pixels">Shape [B, 3, S, S].</param>
    /// <param name="probe">Is shown <c>embeddings</c>, <c>pre_layrnorm</c>, every layer and <c>pooled</c>.</param>
    /// <returns>Shape [B, width].</returns>
    public Tensor Forward(Tensor pixels, Probe? probe)
    {
        using var scope = NewDisposeScope();
        var x = embeddings.Forward(pixels);                                                        // [B, 1 + P, W]
        probe?.Invoke("embeddings", x);
        x = preNorm.Forward(x);
        probe?.Invoke("pre_layrnorm", x);
        for (var i = 0; i < blocks.Length; i++)
        {
            x = blocks[i].Forward(x, probe: probe.Under($"layer{i}"));
            probe?.Invoke($"layer{i}", x);
        }
        var pooled = postNorm.Forward(x.select(1, 0));                                             // [B, W]
        probe?.Invoke("pooled", pooled);
        return pooled.MoveToOuterDisposeScope();
    }

    private sealed class PatchEmbeddings : NamedModule
    {
        private readonly Parameter classEmbedding;
        private readonly Convolution patches;
        private readonly Embedding positions;

        public PatchEmbeddings(ClipConfig config, WeightFormat format) : base(nameof(PatchEmbeddings))
        {
            var width = config.Width;
            classEmbedding = Add("class_embedding", format, width);
            patches = Add("patch_embedding", new Convolution(3, width, config.PatchSize, format, stride: config.PatchSize, bias: false));
            positions = Add("position_embedding", new Embedding(1 + config.Patches, width, format));
        }

        public Tensor Forward(Tensor pixels)
        {
            using var scope = NewDisposeScope();
            var grid = patches.Forward(pixels.to(classEmbedding.dtype));                           // [B, W, rows, columns]
            return Embeddings.Tokens(grid, classEmbedding, positions.Table).MoveToOuterDisposeScope();
        }
    }
}
