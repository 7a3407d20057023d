using BranchGrpo.Kit.Models.Flux;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>A FLUX.1 pipeline: pooled state of CLIP-L, token states of T5.</summary>
public sealed class FluxPipeline : DiffusionPipeline
{
    /// <summary>T5 tokens of FLUX.1-dev's pipeline.</summary>
    internal const int T5Tokens = 512;

    private readonly FluxConfig config;

    internal FluxPipeline(string folder) : base(folder) => config = FluxConfig.Read(Part("transformer/config.json"));

    /// <inheritdoc/>
    public override ImageFamily Family => ImageFamily.Flux;

    /// <summary>None: guidance is embedded.</summary>
    public override IReadOnlyList<string> ImpliedPrompts => [];

    /// <inheritdoc/>
    public override ImagePolicy LoadPolicy(PolicyOptions options, PromptCache cache, string? trained = null) =>
        FluxPolicy.Load(Part("transformer"), options, cache, PixelsPerLatent, trained);

    /// <inheritdoc/>
    public override PromptEncoder LoadEncoder(PolicyOptions options) => new FluxPromptEncoder(Folder, options.Format, Tokens(options));

    /// <inheritdoc/>
    public override Tensor ToGrid(Tensor latents, PolicyOptions options)
    {
        var (rows, columns) = FluxLatents.Grid(options.Height, options.Width, PixelsPerLatent);
        return FluxLatents.Unpack(latents, rows, columns);
    }

    /// <inheritdoc/>
    public override TransformerWork Work(PolicyOptions options) => TransformerWork.Of(config, options, PixelsPerLatent);

    private protected override IReadOnlyList<string> EncoderFolders => ["text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2"];

    private protected override int DefaultTokens => T5Tokens;
}
