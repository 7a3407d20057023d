using BranchGrpo.Kit.Models.Sd3;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>A Stable Diffusion 3 or 3.5 pipeline: CLIP-L, OpenCLIP-bigG and T5.</summary>
public sealed class Sd3Pipeline : DiffusionPipeline
{
    /// <summary>T5 tokens of Stable Diffusion 3's pipeline.</summary>
    internal const int T5Tokens = 256;

    private readonly Sd3Config config;

    internal Sd3Pipeline(string folder) : base(folder) => config = Sd3Config.Read(Part("transformer/config.json"));

    /// <inheritdoc/>
    public override ImageFamily Family => ImageFamily.Sd3;

    /// <summary>The empty prompt, which guidance leads away from.</summary>
    public override IReadOnlyList<string> ImpliedPrompts => [Sd3Policy.NegativePrompt];

    /// <inheritdoc/>
    public override ImagePolicy LoadPolicy(PolicyOptions options, PromptCache cache, string? trained = null) =>
        Sd3Policy.Load(Part("transformer"), options, cache, PixelsPerLatent, trained);

    /// <inheritdoc/>
    public override PromptEncoder LoadEncoder(PolicyOptions options) => new Sd3PromptEncoder(Folder, options.Format, Tokens(options));

    /// <inheritdoc/>
    public override Tensor ToGrid(Tensor latents, PolicyOptions options) => latents.alias();

    /// <inheritdoc/>
    public override TransformerWork Work(PolicyOptions options) => TransformerWork.Of(config, options, PixelsPerLatent);

    private protected override IReadOnlyList<string> EncoderFolders =>
        ["text_encoder", "text_encoder_2", "text_encoder_3", "tokenizer", "tokenizer_2", "tokenizer_3"];

    private protected override int DefaultTokens => T5Tokens;
}
