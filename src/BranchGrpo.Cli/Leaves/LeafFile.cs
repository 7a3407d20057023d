namespace BranchGrpo.Cli.Leaves;

/// <summary>The CSV file of <c>branchgrpo leaves</c>: one line per variant and measure, few digits, under a line that names the environment.</summary>
internal static class LeafFile
{
    private static readonly string[] columns =
    [
        "variant", "plan", "policy", "samples", "seed", "trees", "leaves_per_tree", "seconds", "measure", "value", "sequential", "low", "high", "p",
        "deviation",
    ];

    /// <summary>The rows of a file; none where there is no file.</summary>
    /// <exception cref="InvalidDataException">It is not such a file, or damaged; the message says where.</exception>
    public static IReadOnlyList<LeafRow> Read(string path)
    {
        if (!File.Exists(path)) return [];
        var file = new CsvLines(path, columns, hasMore: false);
        var found = file.Rows().Select(row => Parse(file, row.Line, row.Fields)).ToArray();
        return [.. found.GroupBy(f => f.Key).Select(group => Row(file, [.. group]))];
    }

    /// <summary>Writes all rows; a reader never sees half a file.</summary>
    /// <param name="path">Replaced if it exists.</param>
    /// <param name="rows">Rows that are kept, and new ones.</param>
    /// <param name="environment">What the new ones were measured in; that of the rows that are kept stays named.</param>
    public static void Write(string path, IEnumerable<LeafRow> rows, string environment)
    {
        var before = File.Exists(path) ? new CsvLines(path, columns, hasMore: false).Comment : environment;
        var all = before.Split(" | ").Contains(environment) ? before : $"{before} | {environment}";
        CsvLines.Write(path, all, columns,
            from row in rows
            let key = row.Key
            let result = row.Result
            from q in result.Quantities
            select (string[])[key.Variant, key.Plan, key.Policy, CsvLines.Text(key.Samples), CsvLines.Text(key.Seed), CsvLines.Text(result.Trees),
                CsvLines.Text(result.LeavesPerTree), Digits(result.Seconds), q.Measure.ToString(), Digits(q.Value), Digits(q.Sequential), Digits(q.Low),
                Digits(q.High), Digits(q.PValue), q.Deviation is { } deviation ? Digits(deviation) : ""]);
    }

    private static LeafRow Row(CsvLines file, (int Line, LeafKey Key, int Trees, int PerTree, double Seconds, LeafQuantity Quantity)[] lines)
    {
        var (line, key, trees, perTree, seconds, _) = lines[0];
        try
        {
            return new(key, new LeafResult(key.Variant, trees, perTree, lines.Select(l => l.Quantity), seconds));
        }
        catch (ArgumentException)
        {
            throw file.Error(line, $"each measure of {key.Variant} once", string.Join(", ", lines.Select(l => l.Quantity.Measure)));
        }
    }

    private static (int Line, LeafKey Key, int Trees, int PerTree, double Seconds, LeafQuantity Quantity) Parse(CsvLines file, int line, string[] fields)
    {
        int Count(int column) => file.Whole<int>(line, fields[column], columns[column]);
        double Number(int column) => file.Number(line, fields[column], columns[column]);
        if (!Enum.TryParse<LeafMeasure>(fields[8], out var measure) || !Enum.IsDefined(measure))
            throw file.Error(line, "a measure, one of " + string.Join(", ", Enum.GetNames<LeafMeasure>()), fields[8]);
        var quantity = new LeafQuantity(measure, Number(9), Number(10), Number(11), Number(12), Number(13), fields[14].Length > 0 ? Number(14) : null);
        var key = new LeafKey(fields[0], fields[1], fields[2], Count(3), file.Whole<ulong>(line, fields[4], columns[4]));
        return (line, key, Count(5), Count(6), Number(7), quantity);
    }

    private static string Digits(double value) => CsvLines.Text(value, 6);
}
