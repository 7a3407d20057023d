using System.Globalization;
using System.Text;
using BranchGrpo.Kit.Native;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>CSV files with a header, and a comment line before it: written whole or not at all; errors of reading name file, line, what was expected
/// and what came.</summary>
internal sealed class CsvLines
{
    private const string Advice = "restore it from version control, or run the study again";
    private readonly string path;
    private readonly string[] lines, header;

    /// <summary>Reads a file.</summary>
    /// <param name="path">First line <c># …</c>, second line the header.</param>
    /// <param name="columns">Names of the first columns.</param>
    /// <param name="hasMore">Whether more columns may follow.</param>
    public CsvLines(string path, string[] columns, bool hasMore)
    {
        this.path = path;
        if (!File.Exists(path)) throw new InvalidDataException($"{path} is missing; {Advice}.");
        var text = File.ReadAllText(path);
        lines = text.Split('\n');
        if (lines is not [['#', ' ', ..], _, ..]) throw Error(1, "\"# \" and what the runs were measured on, then a header", lines[0]);
        if (lines[^1].Length > 0) throw Error(lines.Length, "a line break at the end (the file is cut off)", lines[^1]);
        header = Fields(2);
        if (!header.AsSpan().StartsWith(columns) || (!hasMore && header.Length > columns.Length))
            throw Error(2, "the columns " + string.Join(",", columns) + (hasMore ? ",…" : ""), lines[1]);
    }

    /// <summary>The first line without its mark.</summary>
    public string Comment => lines[0][2..];

    /// <summary>The columns after the first ones.</summary>
    public string[] More(int known) => header[known..];

    /// <summary>Line number and fields of every row.</summary>
    public IEnumerable<(int Line, string[] Fields)> Rows()
    {
        for (var line = 3; line < lines.Length; line++)
        {
            var fields = Fields(line);
            if (fields.Length != header.Length) throw Error(line, $"{header.Length} fields", $"{fields.Length}: {lines[line - 1]}");
            yield return (line, fields);
        }
    }

    public double Number(int line, string text, string what) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value
            : throw Error(line, $"{what}, a number", text);

    public T Whole<T>(int line, string text, string what) where T : System.Numerics.IBinaryInteger<T> =>
        T.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : throw Error(line, $"{what}, a whole number", text);

    public InvalidDataException Error(int line, string expected, string came) =>
        new($"{path}: line {line}: expected {expected}; found \"{came}\". If the file was changed by hand, correct the line; else {Advice}.");

    /// <summary>Writes a file that <see cref="CsvLines(string, string[], bool)"/> reads.</summary>
    public static void Write(string path, string comment, IEnumerable<string> columns, IEnumerable<IEnumerable<string>> rows)
    {
        var text = $"# {comment}\n{Join(columns, rows)}";
        WholeFile.Write(path, temporary => File.WriteAllText(temporary, text));
    }

    /// <summary>Header and rows, quoted where they must be.</summary>
    public static string Join(IEnumerable<string> columns, IEnumerable<IEnumerable<string>> rows)
    {
        var text = new StringBuilder();
        foreach (var row in rows.Prepend(columns)) text.AppendJoin(',', row.Select(Field)).Append('\n');
        return text.ToString();
    }

    /// <summary>A number with a point as decimal mark, in full or to so many digits.</summary>
    public static string Text(IFormattable value, int? digits = null) => value.ToString(digits is { } n ? $"G{n}" : null, CultureInfo.InvariantCulture);

    private static string Field(string text) => text.AsSpan().ContainsAny(",\"#") || text.Trim() != text ? $"\"{text.Replace("\"", "\"\"")}\"" : text;

    private string[] Fields(int line)
    {
        var (text, fields, at) = (lines[line - 1].TrimEnd('\r'), new List<string>(), 0);
        while (true)
        {
            if (at < text.Length && text[at] == '"')
            {
                var end = at + 1;
                while (end < text.Length && (text[end] != '"' || (end + 1 < text.Length && text[end + 1] == '"'))) end += text[end] == '"' ? 2 : 1;
                if (end >= text.Length || (end + 1 < text.Length && text[end + 1] != ',')) throw Error(line, "a quote that ends before a comma", text);
                fields.Add(text[(at + 1)..end].Replace("\"\"", "\""));
                at = end + 1;
            }
            else
            {
                var end = text.IndexOf(',', at);
                fields.Add(text[at..(end < 0 ? text.Length : end)]);
                at = end < 0 ? text.Length : end;
            }
            if (at >= text.Length) return [.. fields];
            at++;
        }
    }
}
