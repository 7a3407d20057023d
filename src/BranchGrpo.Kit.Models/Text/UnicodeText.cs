using System.Globalization;
using System.Text;
using ADRaffy.ENSNormalize;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>Unicode operations of the reference tokenizers, which are over code points and do not depend on the machine: with InvariantGlobalization,
/// <see cref="string.Normalize()"/> of .NET 10 returns its argument unchanged, without an error.</summary>
internal static class UnicodeText
{
    private static readonly NF Forms = ENSNormalize.NF;

    /// <summary>Composed form, NFC. Halves of surrogate pairs that stand alone become U+FFFD.</summary>
    public static string Nfc(string text) => Ascii.IsValid(text) ? text : Forms.NFC(WellFormed(text));

    /// <summary>Decomposed form, NFD.</summary>
    public static string Nfd(string text) => Ascii.IsValid(text) ? text : Forms.NFD(WellFormed(text));

    /// <summary>The text with U+FFFD in place of halves of surrogate pairs that stand alone.</summary>
    public static string WellFormed(string text) => Map(text, static (rune, built) => built.Append(rune.ToString()));

    /// <summary>Full lower-casing: U+0130 gives i and a dot above; a capital sigma after a letter and not before one gives the final form.</summary>
    public static string Lower(string text)
    {
        if (Ascii.IsValid(text)) return text.ToLowerInvariant();
        var runes = text.EnumerateRunes().ToArray();
        var built = new StringBuilder(text.Length);
        for (var i = 0; i < runes.Length; i++)
        {
            if (runes[i].Value == 0x3A3) built.Append(IsFinal(runes, i) ? 'ς' : 'σ');
            else AppendLower(runes[i], built);
        }
        return built.ToString();
    }

    /// <summary>Lower-casing of each code point by itself: without final sigma.</summary>
    public static string LowerEach(string text) => Map(text, AppendLower);

    /// <summary>What Python's <c>str.split()</c> splits at: Unicode's white space and U+001C to U+001F.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';

    /// <summary>Words between white space of any kind.</summary>
    public static IEnumerable<string> Words(string text)
    {
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            var inside = i < text.Length && !IsSpace(text[i]);
            if (inside && start < 0) start = i;
            if (inside || start < 0) continue;
            yield return text[start..i];
            start = -1;
        }
    }

    /// <summary>Runs of white space become one space, none at the ends.</summary>
    public static string Squeeze(string text) => string.Join(' ', Words(text));

    /// <summary>The cleaning of BERT: drops NUL, U+FFFD and every character of category C* but tab, newline and return; those and Zs become a space; spaces
    /// around ideographs.</summary>
    public static string Clean(string text) => Map(text, static (rune, built) =>
    {
        var category = Rune.GetUnicodeCategory(rune);
        if (rune.Value is '\t' or '\n' or '\r' || category == UnicodeCategory.SpaceSeparator) built.Append(' ');
        else if (rune.Value == 0xFFFD || IsOther(category)) return;
        else if (IsIdeograph(rune.Value)) built.Append(' ').Append(rune.ToString()).Append(' ');
        else built.Append(rune.ToString());
    });

    /// <summary>The text with each code point replaced by what is appended for it.</summary>
    public static string Map(string text, Action<Rune, StringBuilder> append)
    {
        var built = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) append(rune, built);
        return built.ToString();
    }

    private static bool IsOther(UnicodeCategory category) => category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    // Blocks of unified and compatibility ideographs; kana and Hangul are words with spaces.
    private static bool IsIdeograph(int c) => c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF)
        or (>= 0x2F800 and <= 0x2FA1F);

    private static void AppendLower(Rune rune, StringBuilder built) =>
        built.Append(rune.Value == 0x130 ? "i\u0307" : Rune.ToLowerInvariant(rune).ToString());

    // Unicode's Final_Sigma: a cased letter before, none after, not counting case-ignorable characters between.
    private static bool IsFinal(Rune[] runes, int at)
    {
        var before = at - 1;
        while (before >= 0 && IsCaseIgnorable(runes[before])) before--;
        if (before < 0 || !IsCased(runes[before])) return false;
        var after = at + 1;
        while (after < runes.Length && IsCaseIgnorable(runes[after])) after++;
        return after == runes.Length || !IsCased(runes[after]);
    }

    private static bool IsCased(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter => true,
        // Other_Lowercase and Other_Uppercase
        UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber or UnicodeCategory.OtherSymbol or
            UnicodeCategory.NonSpacingMark => rune.Value is 0xAA or 0xBA or (>= 0x2B0 and <= 0x2B8) or 0x2C0 or 0x2C1 or (>= 0x2E0 and <= 0x2E4) or 0x345
            or 0x37A or (>= 0x1D2C and <= 0x1D6A) or 0x1D78 or (>= 0x1D9B and <= 0x1DBF) or 0x2071 or 0x207F or (>= 0x2090 and <= 0x209C)
            or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9) or 0x2C7C or 0x2C7D or 0xA69C or 0xA69D or 0xA770 or 0xA7F8 or 0xA7F9
            or (>= 0xAB5C and <= 0xAB5F) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        _ => false,
    };

    private static bool IsCaseIgnorable(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark
        or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
        || rune.Value is '\'' or '.' or ':' or 0xB7 or 0x387 or 0x55F or 0x5F4 or 0x2018 or 0x2019 or 0x2024 or 0x2027 or 0xFE13 or 0xFE52 or 0xFE55
            or 0xFF07 or 0xFF0E or 0xFF1A;
}
