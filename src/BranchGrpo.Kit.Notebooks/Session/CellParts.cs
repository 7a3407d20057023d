using System.Text;
using System.Text.RegularExpressions;

namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>A part of a cell: C# code, or a directive with what follows it.</summary>
/// <param name="Directive">E.g. <c>#!time</c>; empty for code.</param>
/// <param name="Argument">The rest of the directive's line.</param>
/// <param name="Text">Code with as many empty lines before it as stand before it in the cell, so that its lines keep their numbers.</param>
internal sealed record CellPart(string Directive, string Argument, string Text)
{
    private static readonly Regex line = new(@"^\s*(#!\w[\w-]*|#r(?=\s+""nuget:)|#i(?=\s+""))(.*)$", RegexOptions.Compiled);

    /// <summary>The parts of a cell, in order.</summary>
    public static IReadOnlyList<CellPart> Of(string cell)
    {
        var parts = new List<CellPart>();
        var lines = cell.ReplaceLineEndings("\n").Split('\n');
        var (code, text) = (new StringBuilder(), false);
        for (var i = 0; i < lines.Length; i++)
        {
            var match = line.Match(lines[i]);
            if (text && !match.Success)
            {
                parts[^1] = parts[^1] with { Text = parts[^1].Text + lines[i] + "\n" };
                code.Append('\n');
                continue;
            }
            if (!match.Success)
            {
                code.Append(lines[i]).Append('\n');
                continue;
            }
            Flush();
            code.Append('\n', i + 1);
            parts.Add(new(match.Groups[1].Value, match.Groups[2].Value.Trim(), ""));
            text = match.Groups[1].Value is "#!markdown" or "#!html" or "#!javascript";
        }
        Flush();
        return parts;

        void Flush()
        {
            var pending = code.ToString();
            if (!string.IsNullOrWhiteSpace(pending)) parts.Add(new("", "", pending));
            code.Clear();
        }
    }
}
