using System.Text;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>UTF-8 that was read as Windows-1252 or Latin-1: each character that became two to four is put back.</summary>
/// <remarks>An approximation of ftfy's repair, which weighs the whole text and knows ten code pages. Here a sequence is put back if its bytes are UTF-8 and it has
/// three or four characters, or begins with Â or Ã, or continues with a sign that does not follow such a letter in any word (currencies, fractions, daggers, …).
/// </remarks>
internal static class Mojibake
{
    private const string OddAfterLetter = "€ƒ†‡ˆ‰¢£¤¥¦¨¬¯±²³µ¶¸¹¼½¾§";

    /// <summary>One pass; what was wrongly read twice takes two.</summary>
    public static string Repair(string text)
    {
        StringBuilder? built = null;
        Span<byte> bytes = stackalloc byte[4];
        for (var at = 0; at < text.Length;)
        {
            var length = Sequence(text.AsSpan(at), bytes);
            if (length > 0 && Rune.DecodeFromUtf8(bytes[..length], out var rune, out var consumed) == System.Buffers.OperationStatus.Done && consumed == length)
            {
                built ??= new StringBuilder(text, 0, at, text.Length);
                built.Append(rune.ToString());
                at += length;
                continue;
            }
            built?.Append(text[at]);
            at++;
        }
        return built?.ToString() ?? text;
    }

    // Number of characters that would be one in UTF-8 and are unlikely as they stand, else 0.
    private static int Sequence(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        if (text[0] < 0x80 || !Windows1252.TryEncode(text[0], out bytes[0])) return 0;
        var length = bytes[0] switch { >= 0xC2 and <= 0xDF => 2, >= 0xE0 and <= 0xEF => 3, >= 0xF0 and <= 0xF4 => 4, _ => 0 };
        if (length == 0 || text.Length < length) return 0;
        for (var i = 1; i < length; i++)
            if (!Windows1252.TryEncode(text[i], out bytes[i]) || bytes[i] is < 0x80 or > 0xBF) return 0;
        return length > 2 || text[0] is 'Â' or 'Ã' || OddAfterLetter.Contains(text[1]) || text[1] is >= '\u0080' and <= '\u009F' ? length : 0;
    }
}
