using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>A regular expression over code points. The classes of .NET see halves of surrogate pairs, so the expression is run over a stand-in with one
/// character for each code point, of the same class, and its matches are cut from the text.</summary>
/// <param name="pattern">Uses the classes L, N and white space, and ASCII characters.</param>
/// <param name="longS">Whether U+017F counts as the letter s where case is ignored, as it does in the reference implementations but not in .NET.</param>
internal sealed class CodePointPattern(string pattern, bool longS)
{
    private readonly Regex regex = new(pattern, RegexOptions.CultureInvariant | RegexOptions.Compiled);

    /// <summary>The matched pieces, in order; what is between them is dropped.</summary>
    public IEnumerable<string> Matches(string text)
    {
        var standIn = new StringBuilder(text.Length);
        var starts = new List<int>(text.Length + 1);
        for (var at = 0; at < text.Length;)
        {
            starts.Add(at);
            var rune = Rune.TryGetRuneAt(text, at, out var found) ? found : Rune.ReplacementChar;
            standIn.Append(StandIn(rune));
            at += rune.IsBmp ? 1 : 2;
        }
        starts.Add(text.Length);
        for (var match = regex.Match(standIn.ToString()); match.Success; match = match.NextMatch())
            if (match.Length > 0) yield return text[starts[match.Index]..starts[match.Index + match.Length]];
    }

    private char StandIn(Rune rune)
    {
        if (longS && rune.Value == 0x17F) return 's';
        if (rune.IsBmp) return (char)rune.Value;
        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => 'ª',
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => '²',
            _ => '§',
        };
    }
}
