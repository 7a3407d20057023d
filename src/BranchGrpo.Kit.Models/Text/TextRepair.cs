using System.Text;
using System.Text.RegularExpressions;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>Repairs of ftfy 6.3's <c>fix_text</c> in its standard settings, line by line until nothing changes.</summary>
/// <remarks>Equal to ftfy: HTML references (where no line so far had a &lt;), C1 characters read as Windows-1252, Latin ligatures, widths, quotes, line breaks,
/// terminal sequences, control characters, NFC. Not equal in general: wrongly decoded text, see <see cref="Mojibake"/>.</remarks>
internal static partial class TextRepair
{
    // NFKC of U+FF5F to U+FFEE.
    private const string Narrow = "⦅⦆。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン"
        + "\u3099\u309A\u1160\u1100\u1101\u11AA\u1102\u11AC\u11AD\u1103\u1104\u1105\u11B0\u11B1\u11B2\u11B3\u11B4\u11B5\u111A\u1106\u1107\u1108\u1121"
        + "\u1109\u110A\u110B\u110C\u110D\u110E\u110F\u1110\u1111\u1112\uFFBF\uFFC0\uFFC1\u1161\u1162\u1163\u1164\u1165\u1166\uFFC8\uFFC9\u1167\u1168"
        + "\u1169\u116A\u116B\u116C\uFFD0\uFFD1\u116D\u116E\u116F\u1170\u1171\u1172\uFFD8\uFFD9\u1173\u1174\u1175\uFFDD\uFFDE\uFFDF¢£¬\uFFE3¦¥₩\uFFE7│←↑→↓■○";

    private const string Joined = "ĲĳŉǱǲǳǄǅǆǇǈǉǊǋǌﬀﬁﬂﬃﬄﬅﬆ";
    private static readonly string[] Apart = "IJ ij 'n DZ Dz dz DŽ Dž dž LJ Lj lj NJ Nj nj ff fi fl ffi ffl ſt st".Split(' ');

    /// <summary>The repaired text.</summary>
    public static string Fix(string text)
    {
        text = UnicodeText.WellFormed(text);
        var built = new StringBuilder(text.Length);
        var unescape = true;
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start) + 1;
            if (end == 0) end = text.Length;
            var line = text[start..end];
            unescape &= !line.Contains('<');
            built.Append(FixLine(line, unescape));
            start = end;
        }
        return built.ToString();
    }

    private static string FixLine(string line, bool unescape)
    {
        while (true)
        {
            var before = line;
            if (unescape) line = HtmlText.UnescapeComplete(line);
            if (!Ascii.IsValid(line)) line = UnicodeText.Map(Mojibake.Repair(line), AppendPlain);
            line = line.Replace("\r\n", "\n").Replace('\r', '\n').Replace('\u2028', '\n').Replace('\u2029', '\n').Replace('\u0085', '\n');
            line = UnicodeText.Nfc(Unprintable.Replace(TerminalSequence.Replace(line, ""), ""));
            if (line == before) return line;
        }
    }

    private static void AppendPlain(Rune rune, StringBuilder built)
    {
        var c = rune.IsBmp ? (char)rune.Value : '\0';
        if (c is >= '\u0080' and <= '\u009F') c = Windows1252.Decode((byte)c);
        _ = c switch
        {
            '\0' => built.Append(rune.ToString()),
            '\u3000' => built.Append(' '),
            >= '\uFF01' and <= '\uFF5E' => built.Append((char)(c - 0xFF01 + '!')),
            '\uFFE3' => built.Append(" \u0304"),
            >= '\uFF5F' and <= '\uFFEE' => built.Append(Narrow[c - 0xFF5F]),
            (>= '\u2018' and <= '\u201B') or '\u02BC' => built.Append('\''),
            >= '\u201C' and <= '\u201F' => built.Append('"'),
            _ => built.Append(Ligature(c) ?? c.ToString()),
        };
    }

    private static string? Ligature(char c) => Joined.IndexOf(c) is >= 0 and var at ? Apart[at] : null;

    [GeneratedRegex("\u001B\\[[0-9;]*[a-zA-Z]", RegexOptions.CultureInvariant)]
    private static partial Regex TerminalSequence { get; }

    [GeneratedRegex("[\u0000-\u0008\u000B\u000E-\u001F\u007F\u206A-\u206F\uFEFF\uFFF9-\uFFFC]", RegexOptions.CultureInvariant)]
    private static partial Regex Unprintable { get; }
}
