using BranchGrpo.Kit.Models.Flux;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Lora;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>FLUX.1 as a policy. Latents are packed: one row per patch of 2 x 2 latents, shape [tokens, 64].</summary>
public sealed class FluxPolicy : ImagePolicy
{
    /// <summary>FLUX.1-dev's embedded guidance in the published trainers.</summary>
    public const double DefaultGuidance = 3.5;

    private readonly FluxTransformer transformer;
    private readonly int pixelsPerLatent;
    private readonly (long Rows, long Columns) grid;
    private readonly Tensor imageIds;

    private FluxPolicy(FluxTransformer transformer, LoraAdapters? adapters, PolicyOptions options, PromptCache cache, int pixelsPerLatent)
        : base(transformer, adapters, options, cache)
    {
        (this.transformer, this.pixelsPerLatent) = (transformer, pixelsPerLatent);
        transformer.Checkpointing = options.Checkpointing;
        grid = FluxLatents.Grid(options.Height, options.Width, pixelsPerLatent);
        imageIds = FluxLatents.Ids(grid.Rows, grid.Columns, options.Device).DetachFromDisposeScope();                // [tokens, 3]
    }

    /// <summary>Reads the transformer's folder of a pipeline.</summary>
    /// <param name="folder">With config.json and the weights.</param>
    /// <param name="options">How it computes and what of it is trained.</param>
    /// <param name="cache">Embedded prompts; borrowed.</param>
    /// <param name="pixelsPerLatent">Of the pipeline's autoencoder.</param>
    /// <param name="trained">What <see cref="ImagePolicy.Save"/> wrote, or published adapters; null starts anew.</param>
    public static FluxPolicy Load(string folder, PolicyOptions options, PromptCache cache, int pixelsPerLatent = 8, string? trained = null)
    {
        var transformer = FluxTransformer.Load(folder, options.TransformerFormat);
        return new FluxPolicy(transformer, TrainedWeights.Attach(transformer, options, trained), options, cache, pixelsPerLatent);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> LatentShape => [grid.Rows * grid.Columns, transformer.Config.InChannels];

    /// <inheritdoc/>
    public override Tensor Velocity(Tensor latents, double sigma, Conditioning conditioning)
    {
        using var scope = NewDisposeScope();
        var (rows, text) = (latents.shape[0], conditioning.Tensors[0]);
        var guidance = transformer.Config.GuidanceEmbeds ? Repeated(Options.Guidance ?? DefaultGuidance, rows) : null;
        var input = new FluxInput(latents, text, conditioning.Tensors[1], Repeated(sigma, rows), guidance, imageIds,
            FluxLatents.TextIds(text.shape[1], Options.Device));
        return transformer.Forward(input).to(latents.dtype).MoveToOuterDisposeScope();                               // [B, tokens, 64]
    }

    /// <inheritdoc/>
    public override Tensor ToGrid(Tensor latents) => FluxLatents.Unpack(latents, grid.Rows, grid.Columns);

    /// <inheritdoc/>
    public override void Dispose()
    {
        imageIds.Dispose();
        base.Dispose();
    }

    private protected override nn.Module EmptyTransformer() => new FluxTransformer(transformer.Config, transformer.Format);

    private protected override ImagePolicy With(nn.Module copy, LoraAdapters? adapters) =>
        new FluxPolicy((FluxTransformer)copy, adapters, Options, Cache, pixelsPerLatent);
}
