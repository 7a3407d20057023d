using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Sd3;

/// <summary>What an <see cref="Sd3Transformer"/> is told about prompts.</summary>
/// <param name="Tokens">CLIP tokens, then T5 tokens. Shape [B, M, text].</param>
/// <param name="Pooled">Shape [B, pooled].</param>
internal readonly record struct Sd3Text(Tensor Tokens, Tensor Pooled)
{
    /// <summary>Joins the three text encoders: CLIP-L beside CLIP-bigG, zeros up to the width of T5, then T5 behind.</summary>
    /// <param name="clipL">Hidden states of the last layer but one, without the final norm. Shape [B, 77, 768].</param>
    /// <param name="clipG">The same of bigG. Shape [B, 77, 1280].</param>
    /// <param name="t5">Shape [B, 256, 4096].</param>
    /// <param name="pooledL">Projected pooled state. Shape [B, 768].</param>
    /// <param name="pooledG">Shape [B, 1280].</param>
    /// <returns>Tokens [B, 77 + 256, 4096], pooled [B, 2048]; the caller owns them.</returns>
    public static Sd3Text Assemble(Tensor clipL, Tensor clipG, Tensor t5, Tensor pooledL, Tensor pooledG)
    {
        using var scope = NewDisposeScope();
        var clip = cat([clipL, clipG], 2);                                                         // [B, 77, 2048]
        var missing = t5.shape[2] - clip.shape[2];
        if (missing < 0) throw new ArgumentException($"the CLIP states are {clip.shape[2]} wide together; expected at most T5's {t5.shape[2]}", nameof(t5));
        var tokens = cat([nn.functional.pad(clip, [0, missing]), t5], 1);                          // [B, 77 + 256, 4096]
        return new(tokens.MoveToOuterDisposeScope(), cat([pooledL, pooledG], 1).MoveToOuterDisposeScope());
    }

    /// <summary>Every prompt so often, its rows behind each other: a, a, b, b.</summary>
    /// <remarks>diffusers 0.35.1 repeats the pooled rows as a, b, a, b, beside tokens in this order: of several prompts at once, pictures get the pooled
    /// text of another prompt. The kit keeps them together.</remarks>
    public Sd3Text Repeated(long times) => new(Tokens.repeat_interleave(times, 0), Pooled.repeat_interleave(times, 0));
}
