using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Text;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>Prompts as FLUX.1 is told them: the pooled state of CLIP-L, and T5's states of every token, padding included.</summary>
internal sealed class FluxPromptEncoder : PromptEncoder
{
    private readonly ClipTokenizer clipTokens;
    private readonly ClipTextEncoder clip;
    private readonly T5Tokenizer t5Tokens;
    private readonly T5Encoder t5;
    private readonly int length;

    /// <param name="folder">Of the pipeline.</param>
    /// <param name="format">Type and place of the encoders.</param>
    /// <param name="length">T5 tokens.</param>
    public FluxPromptEncoder(string folder, WeightFormat format, int length)
    {
        this.length = length;
        clipTokens = ClipTokenizer.Load(Path.Combine(folder, "tokenizer"), ClipVariant.Plain);
        t5Tokens = T5Tokenizer.Load(Path.Combine(folder, "tokenizer_2"));
        clip = ClipTextEncoder.Load(Path.Combine(folder, "text_encoder"), format);
        t5 = T5Encoder.Load(Path.Combine(folder, "text_encoder_2"), format);
    }

    public override PromptEmbedding Encode(string prompt)
    {
        using var scope = NewDisposeScope();
        using var ids = tensor(clipTokens.Encode(prompt, clip.Config.Positions)).unsqueeze(0);                       // [1, 77]
        using var states = clip.Forward(ids);
        var tokens = t5.Forward(tensor(t5Tokens.Encode(prompt, length)).unsqueeze(0));                               // [1, length, D]
        return new(tokens.squeeze(0).MoveToOuterDisposeScope(), states.Pooled.squeeze(0).MoveToOuterDisposeScope());
    }

    public override void Dispose()
    {
        clip.Dispose();
        t5.Dispose();
    }
}
