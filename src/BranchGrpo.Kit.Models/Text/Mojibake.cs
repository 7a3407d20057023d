using System.Text;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>UTF-8 that was read as Windows-1252 or Latin-1: each character that became two to four is put back.</summary>
/// <remarks>An approximation of ftfy's repair, which judges a text by some hundred pairs of characters and tries ten code pages. Here a sequence
/// whose bytes are one character in UTF-8 is <em>odd</em> if it begins with Â or Ã, holds a control character, or continues with a sign that does not
/// follow such a letter in any word. A line that is UTF-8 as a whole, with an odd sequence or at least two sequences, is put back as a whole;
/// otherwise its odd sequences are. Other code pages (Windows-1251, MacRoman, …) and text that has also lost bytes stay as they are.</remarks>
internal static class Mojibake
{
    private const string OddAfterLetter = "ƒ†‡ˆ‰¤¦¨¬¯±²³µ¶¸¹¼½¾§ª°º";
    private const string Currency = "€¢£¥";
    private const string OddBeforeLetter = "¡«¿©®»‘‚“”„•‹›™";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text as it was meant; what was wrongly read twice is put back twice.</summary>
    public static string Repair(string text)
    {
        while (true)
        {
            var (sequences, odd) = Judge(text);
            var repaired = odd || sequences > 1 ? Whole(text) ?? (odd ? OddRuns(text) : text) : text;
            if (repaired == text) return text;
            text = repaired;
        }
    }

    private static (int Sequences, bool Odd) Judge(string text)
    {
        var (sequences, odd) = (0, false);
        for (var at = 0; at < text.Length; at++)
        {
            if (Sequence(text, at) is not { } length) continue;
            sequences++;
            odd |= IsOdd(text, at, length);
            at += length - 1;
        }
        return (sequences, odd);
    }

    private static string? Whole(string text)
    {
        var bytes = new byte[text.Length];
        for (var i = 0; i < text.Length; i++)
            if (!Windows1252.TryEncode(text[i], out bytes[i])) return null;
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    // Neighbouring sequences stand or fall together; what is around them does not count here.
    private static string OddRuns(string text)
    {
        var built = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var end = at;
            while (end < text.Length && Sequence(text, end) is { } length) end += length;
            var run = text[at..end];
            if (end == at) built.Append(text[end++]);
            else built.Append(Judge(run).Odd ? Whole(run) : run);
            at = end;
        }
        return built.ToString();
    }

    // Number of characters from a place on whose bytes are one character in UTF-8.
    private static int? Sequence(string text, int at)
    {
        if (text[at] < 0x80 || !Windows1252.TryEncode(text[at], out var lead)) return null;
        var length = lead switch { >= 0xC2 and <= 0xDF => 2, >= 0xE0 and <= 0xEF => 3, >= 0xF0 and <= 0xF4 => 4, _ => 0 };
        return length > 0 && at + length <= text.Length && Whole(text.Substring(at, length)) is not null ? length : null;
    }

    private static bool IsOdd(string text, int at, int length)
    {
        var (before, next, after) = (at > 0 ? text[at - 1] : '\0', text[at + 1], at + 2 < text.Length ? text[at + 2] : ' ');
        if (length == 4 || text[at] is 'Â' or 'Ã' || text.AsSpan(at, length).ContainsAnyInRange('\u0080', '\u009F')) return true;
        if (OddAfterLetter.Contains(next) || (length == 3 && OddAfterLetter.Contains(after))) return true;
        if (Currency.Contains(next)) return length == 3 || char.IsWhiteSpace(before) || char.IsAsciiLetterLower(before);
        if (next is 'œ' or 'Œ' or 'Š' or 'Ž' or 'Ÿ') return !char.IsAsciiLetter(after);
        return OddBeforeLetter.Contains(next) && (char.IsLetterOrDigit(after) || (length == 3 && OddBeforeLetter.Contains(after)));
    }
}
