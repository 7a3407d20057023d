namespace BranchGrpo.Kit.Models.Text;

/// <summary>The published CLIP tokenizers, which share a vocabulary and differ in how they clean a text and in the special tokens they know.</summary>
public sealed class ClipVariant
{
    private ClipVariant(string name, Func<string, string> clean) => (Name, Clean) = (name, clean);

    /// <summary>open_clip: HPSv2. Repairs the text (as ftfy does), unescapes HTML twice, lower case; padded with 0.</summary>
    public static ClipVariant OpenClip { get; } = new("open_clip",
        static text => UnicodeText.Lower(UnicodeText.Squeeze(HtmlText.Unescape(HtmlText.Unescape(TextRepair.Fix(text))))))
    { PaddingId = 0 };

    /// <summary>transformers' Python tokenizer where the package ftfy is installed.</summary>
    public static ClipVariant Ftfy { get; } = new("hf_slow_ftfy", static text => UnicodeText.Lower(UnicodeText.Squeeze(TextRepair.Fix(text))));

    /// <summary>transformers' Python tokenizer of a bare installation: FLUX.1 and Stable Diffusion 3.</summary>
    public static ClipVariant Plain { get; } = new("hf_slow_noftfy",
        static text => string.Join(' ', UnicodeText.Words(UnicodeText.Nfc(UnicodeText.Clean(text))).Select(UnicodeText.Lower)));

    /// <summary>transformers' fast tokenizer: PickScore, CLIPScore.</summary>
    public static ClipVariant Fast { get; } = new("hf_fast",
        static text => UnicodeText.LowerEach(UnicodeText.Squeeze(UnicodeText.Nfc(text))))
    { CutsAfterCleaning = true };

    /// <summary>As the reference names it.</summary>
    public string Name { get; }

    internal Func<string, string> Clean { get; }

    /// <summary>Given where it is not the padding token of the files.</summary>
    internal int? PaddingId { get; private init; }

    /// <summary>Special tokens are looked for in the clean text, and nowhere else.</summary>
    internal bool CutsAfterCleaning { get; private init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
