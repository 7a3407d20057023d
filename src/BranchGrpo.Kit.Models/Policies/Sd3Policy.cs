using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Lora;
using BranchGrpo.Kit.Models.Sd3;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>Stable Diffusion 3 and 3.5 as a policy, guided without a classifier in rollout and training alike: v = v(∅) + s·(v(text) − v(∅)).</summary>
public sealed class Sd3Policy : ImagePolicy
{
    /// <summary>The usual guidance scale of SD3.5-M.</summary>
    public const double DefaultGuidance = 4.5;

    /// <summary>What the network is told instead of a text.</summary>
    public const string NegativePrompt = "";

    private readonly Sd3Transformer transformer;
    private readonly int pixelsPerLatent;
    private Conditioning? negative;

    private Sd3Policy(Sd3Transformer transformer, LoraAdapters? adapters, PolicyOptions options, PromptCache cache, int pixelsPerLatent)
        : base(transformer, adapters, options, cache)
    {
        (this.transformer, this.pixelsPerLatent) = (transformer, pixelsPerLatent);
        transformer.Checkpointing = options.Checkpointing;
    }

    /// <summary>Reads the transformer's folder of a pipeline.</summary>
    /// <param name="folder">With config.json and the weights.</param>
    /// <param name="options">How it computes and what of it is trained.</param>
    /// <param name="cache">Embedded prompts; borrowed.</param>
    /// <param name="pixelsPerLatent">Of the pipeline's autoencoder.</param>
    /// <param name="trained">What <see cref="ImagePolicy.Save"/> wrote, or published adapters; null starts anew.</param>
    public static Sd3Policy Load(string folder, PolicyOptions options, PromptCache cache, int pixelsPerLatent = 8, string? trained = null)
    {
        var transformer = Sd3Transformer.Load(folder, options.TransformerFormat);
        return new Sd3Policy(transformer, TrainedWeights.Attach(transformer, options, trained), options, cache, pixelsPerLatent);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> LatentShape =>
        [transformer.Config.Inputs, Options.Height / pixelsPerLatent, Options.Width / pixelsPerLatent];

    /// <inheritdoc/>
    public override Tensor Velocity(Tensor latents, double sigma, Conditioning conditioning)
    {
        using var scope = NewDisposeScope();
        var (rows, scale) = (latents.shape[0], Options.Guidance ?? DefaultGuidance);
        var (tokens, pooled) = (conditioning.Tensors[0], conditioning.Tensors[1]);
        if (scale == 1) return Predict(latents, sigma, tokens, pooled).MoveToOuterDisposeScope();
        negative ??= Encode([NegativePrompt]);
        var doubled = Predict(cat([latents, latents], 0), sigma, Beside(negative.Tensors[0], tokens), Beside(negative.Tensors[1], pooled));
        return Guidance.Of(doubled, scale).MoveToOuterDisposeScope();                                                // [B, C, h, w]

        Tensor Beside(Tensor one, Tensor all) => Guidance.Doubled(one.expand([rows, .. one.shape[1..]]), all);
    }

    /// <inheritdoc/>
    public override Tensor ToGrid(Tensor latents) => latents.alias();

    /// <inheritdoc/>
    public override void Dispose()
    {
        negative?.Dispose();
        base.Dispose();
    }

    private protected override nn.Module EmptyTransformer() => new Sd3Transformer(transformer.Config, transformer.Format);

    private protected override ImagePolicy With(nn.Module copy, LoraAdapters? adapters) =>
        new Sd3Policy((Sd3Transformer)copy, adapters, Options, Cache, pixelsPerLatent);

    private Tensor Predict(Tensor latents, double sigma, Tensor tokens, Tensor pooled) =>
        transformer.Forward(latents, tokens, pooled, Repeated(1000 * sigma, latents.shape[0])).to(latents.dtype);
}
