using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Sd3;
using BranchGrpo.Kit.Models.Text;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>Prompts as Stable Diffusion 3 is told them: CLIP-L and OpenCLIP-bigG side by side, T5 behind them.</summary>
internal sealed class Sd3PromptEncoder : PromptEncoder
{
    /// <summary>Tokens of the two CLIP encoders.</summary>
    public const int ClipTokens = 77;

    private readonly (ClipTokenizer Tokens, ClipTextEncoder Network) clipL;
    private readonly (ClipTokenizer Tokens, ClipTextEncoder Network) clipG;
    private readonly T5Tokenizer t5Tokens;
    private readonly T5Encoder t5;
    private readonly int length;

    /// <param name="folder">Of the pipeline.</param>
    /// <param name="format">Type and place of the encoders.</param>
    /// <param name="length">T5 tokens.</param>
    public Sd3PromptEncoder(string folder, WeightFormat format, int length)
    {
        this.length = length;
        clipL = Clip("tokenizer", "text_encoder");
        clipG = Clip("tokenizer_2", "text_encoder_2");
        t5Tokens = T5Tokenizer.Load(Path.Combine(folder, "tokenizer_3"));
        t5 = T5Encoder.Load(Path.Combine(folder, "text_encoder_3"), format);

        (ClipTokenizer, ClipTextEncoder) Clip(string tokenizer, string encoder) =>
            (ClipTokenizer.Load(Path.Combine(folder, tokenizer), ClipVariant.Plain), ClipTextEncoder.Load(Path.Combine(folder, encoder), format));
    }

    public override PromptEmbedding Encode(string prompt)
    {
        using var scope = NewDisposeScope();
        using ClipTextStates l = States(clipL), g = States(clipG);
        var tokens = t5.Forward(tensor(t5Tokens.Encode(prompt, length)).unsqueeze(0));                               // [1, length, D]
        var text = Sd3Text.Assemble(l.Penultimate, g.Penultimate, tokens, l.Projected!, g.Projected!);
        return new(text.Tokens.squeeze(0).MoveToOuterDisposeScope(), text.Pooled.squeeze(0).MoveToOuterDisposeScope());

        ClipTextStates States((ClipTokenizer Tokens, ClipTextEncoder Network) clip) =>
            clip.Network.Forward(tensor(clip.Tokens.Encode(prompt, ClipTokens)).unsqueeze(0));
    }

    public override void Dispose()
    {
        clipL.Network.Dispose();
        clipG.Network.Dispose();
        t5.Dispose();
    }
}
