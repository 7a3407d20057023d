using System.Globalization;
using System.Text;
using BranchGrpo.Cli.Compare;

namespace BranchGrpo.Cli.Leaves;

/// <summary>The CSV file of <c>branchgrpo leaves</c>: one line per variant and measure, full precision, under a line that names the machine.</summary>
internal static class LeafFile
{
    private const string Environment = "# environment: ";

    private const string Head =
        "variant,plan,policy,samples,seed,trees,leaves_per_tree,seconds,measure,value,sequential,low,high,p,deviation";

    public static string Line(string machine) => Environment + machine;

    /// <summary>The rows of a file; none where there is no file.</summary>
    /// <exception cref="Failure">It is not such a file, or damaged; the message says where.</exception>
    public static IReadOnlyList<LeafRow> Read(string path)
    {
        if (!File.Exists(path)) return [];
        var lines = File.ReadAllLines(path);
        if (lines.Length < 2 || !lines[0].StartsWith(Environment, StringComparison.Ordinal) || lines[1] != Head)
            throw new Failure($"{path} is not a table of leaves; choose another file with --out, or delete this one");
        var found = lines.Index().Skip(2).Select(line => Parse(line.Item, $"{path}, line {line.Index + 1}")).ToArray();
        return [.. found.GroupBy(f => (f.Key, f.Trees, f.PerTree, f.Seconds)).Select(group => Row(group.Key, [.. group.Select(f => f.Quantity)], path))];
    }

    /// <summary>Writes all rows; a reader never sees half a file.</summary>
    /// <param name="path">Replaced if it exists.</param>
    /// <param name="rows">Rows that are kept, and new ones.</param>
    /// <param name="machine">What the new ones were measured on; machines of the rows that are kept stay named.</param>
    public static void Write(string path, IEnumerable<LeafRow> rows, string machine)
    {
        var before = File.Exists(path) ? File.ReadLines(path).First()[Environment.Length..] : machine;
        var text = new StringBuilder(Line(before.Split(" | ").Contains(machine) ? before : $"{before} | {machine}")).Append('\n').Append(Head).Append('\n');
        foreach (var ((variant, plan, policy, samples, seed), result) in rows)
            foreach (var q in result.Quantities)
                text.AppendJoin(',', Quoted(variant), plan, policy, Number(samples), Number(seed), Number(result.Trees), Number(result.LeavesPerTree),
                    Number(result.Seconds), q.Measure, Number(q.Value), Number(q.Sequential), Number(q.Low), Number(q.High), Number(q.PValue),
                    q.Deviation is { } deviation ? Number(deviation) : "").Append('\n');
        RunFolder.WriteText(path, text.ToString());
    }

    private static LeafRow Row((LeafKey Key, int Trees, int PerTree, double Seconds) of, LeafQuantity[] quantities, string path)
    {
        try
        {
            return new(of.Key, new LeafResult(of.Key.Variant, of.Trees, of.PerTree, quantities, of.Seconds));
        }
        catch (ArgumentException e)
        {
            throw new Failure($"{path} is damaged: of {of.Key.Variant} it lacks a measure, or has one twice ({e.ParamName}); delete its lines, or the file");
        }
    }

    private static (LeafKey Key, int Trees, int PerTree, double Seconds, LeafQuantity Quantity) Parse(string line, string place)
    {
        try
        {
            var f = Fields(line);
            return (new(f[0], f[1], f[2], Whole(f[3]), ulong.Parse(f[4], CultureInfo.InvariantCulture)), Whole(f[5]), Whole(f[6]), Real(f[7]),
                new(Enum.Parse<LeafMeasure>(f[8]), Real(f[9]), Real(f[10]), Real(f[11]), Real(f[12]), Real(f[13]), f[14].Length > 0 ? Real(f[14]) : null));
        }
        catch (Exception e) when (e is FormatException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            throw new Failure($"{place} is damaged ({e.Message.ReplaceLineEndings(" ")}); delete the file, or the lines of that variant");
        }
    }

    private static string[] Fields(string line)
    {
        if (!line.StartsWith('"')) return line.Split(',');
        var end = 1;
        while (end < line.Length && !(line[end] == '"' && (end + 1 == line.Length || line[end + 1] != '"'))) end += line[end] == '"' ? 2 : 1;
        return end >= line.Length ? throw new FormatException("a quotation mark is not closed")
            : [line[1..end].Replace("\"\"", "\"", StringComparison.Ordinal), .. line[(end + 1)..].TrimStart(',').Split(',')];
    }

    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(',', '"') < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static int Whole(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static double Real(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static string Number(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
