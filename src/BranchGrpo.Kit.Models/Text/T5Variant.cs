namespace BranchGrpo.Kit.Models.Text;

/// <summary>The published implementations of the T5 tokenizer. They differ on few texts: several accents in a row, U+0085, an end token that is written in the
/// text; and, for models with byte fallback (UMT5), on every text with a character that has no piece.</summary>
public enum T5Variant
{
    /// <summary>transformers' Python tokenizer, over the original library.</summary>
    Slow,

    /// <summary>transformers' fast tokenizer, which FLUX.1 and Stable Diffusion 3 declare.</summary>
    Fast,

    /// <summary>The fast tokenizer in its older form, which cuts at white space first.</summary>
    FastWhiteSpace,

    /// <summary>The original library by itself: without special tokens.</summary>
    SentencePiece,
}
