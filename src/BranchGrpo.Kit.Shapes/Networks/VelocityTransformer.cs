using BranchGrpo.Kit.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BranchGrpo.Kit.Shapes.Networks;

/// <summary>A diffusion transformer: four caption tokens and the image tokens in one sequence; it predicts the clean picture.</summary>
/// <remarks>v = (x − x̂₀) / max(σ, 0.05). A patch of 192 numbers is wider than a token, so noise could not be predicted, but x₀ can.</remarks>
internal sealed class VelocityTransformer : nn.Module<Tensor, Tensor, Tensor, Tensor>
{
    private const int Words = 4, Frequencies = 32;
    private readonly Dense input;
    private readonly Dense timeExpand;
    private readonly Dense timeContract;
    private readonly Dense pooled;
    private readonly Dense finalModulation;
    private readonly Dense output;
    private readonly Parameter vocabulary;
    private readonly Parameter position;
    private readonly ModuleList<Block> blocks;
    private readonly ShapesSize size;

    public VelocityTransformer(ShapesSize size, Generator generator) : base(nameof(VelocityTransformer))
    {
        this.size = size;
        input = new Dense(size.Channels, size.Width, generator);
        timeExpand = new Dense(2 * Frequencies, size.Width, generator);
        timeContract = new Dense(size.Width, size.Width, generator);
        pooled = new Dense(size.Width, size.Width, generator);
        finalModulation = new Dense(size.Width, 2 * size.Width, null);
        output = new Dense(size.Width, size.Channels, null);
        vocabulary = Weights.Normal(generator, 1, Caption.Vocabulary, size.Width);
        position = Weights.Normal(generator, 0.3, 1, size.Tokens, size.Width);
        blocks = new ModuleList<Block>([.. Enumerable.Range(0, size.Depth).Select(_ => new Block(size, generator))]);
        RegisterComponents();
    }

    /// <summary>Bytes that one latent keeps for the backward pass: per block and token two norms, their modulated forms, queries, keys, values, the
    /// attention's result in two orders, two branches and two residual streams, and the hidden layer before and after its activation.</summary>
    public long ActivationBytes =>
        sizeof(float) * (long)(Words + size.Tokens) * size.Width * (size.Depth * (13 + 2 * ShapesSize.Expansion) + 4);

    /// <param name="latents">Noisy latents. Shape [B, tokens, channels].</param>
    /// <param name="sigma">Noise levels. Shape [B], or [1] for all rows.</param>
    /// <param name="words">Token numbers of the captions. Shape [B, 4], int64.</param>
    /// <returns>Velocity. Shape [B, tokens, channels].</returns>
    public override Tensor forward(Tensor latents, Tensor sigma, Tensor words)
    {
        using var scope = NewDisposeScope();
        var count = latents.shape[0];
        var ladder = arange(Frequencies, dtype: latents.dtype, device: latents.device)
            .mul(Scalars.Of(-Math.Log(1000) / (Frequencies - 1))).exp().mul(Scalars.Of(100));
        var angle = sigma.view(-1, 1) * ladder;                                                // [B or 1, 32]
        var time = timeContract.call(F.silu(timeExpand.call(cat([angle.cos(), angle.sin()], 1))));
        var text = vocabulary.index_select(0, words.reshape(-1)).view(count, Words, size.Width);    // [B, 4, width]
        var condition = F.silu(time + pooled.call(text.sum(1)));                               // [B, width]
        var tokens = cat([text, input.call(latents) + position], 1);                           // [B, 4 + tokens, width]
        foreach (var block in blocks) tokens = block.call(tokens, condition);
        var m = finalModulation.call(condition).unsqueeze(1).chunk(2, 2);
        var clean = output.call(Block.Modulate(tokens.narrow(1, Words, size.Tokens), m[0], m[1]));  // [B, tokens, channels]
        return ((latents - clean) / sigma.clamp(min: Scalars.Of(0.05)).view(-1, 1, 1)).MoveToOuterDisposeScope();
    }
}
