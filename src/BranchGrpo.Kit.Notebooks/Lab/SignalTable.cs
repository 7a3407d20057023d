namespace BranchGrpo.Kit.Notebooks;

/// <summary>A row of a file of signal-to-noise ratios: what was measured, and what it depends on.</summary>
/// <param name="Key">Names the variant's settings: <see cref="Variant.Key"/>.</param>
/// <param name="Seed">Seed of prompts and noise.</param>
/// <param name="Signal">What was found.</param>
public sealed record SignalRow(string Key, ulong Seed, SignalToNoise Signal);

/// <summary>Files of signal-to-noise ratios: CSV, a row per variant, lists over denoising steps with spaces between the numbers.</summary>
public static class SignalTable
{
    private const string Comment = "signal to noise of one iteration's gradient at the base policy, with standard errors; lists are over denoising steps";
    private const string Unknown = "-";

    private static readonly string[] columns =
    [
        "variant", "key", "seed", "iterations", "forward_units", "seconds", "plain", "plain_error", "adam", "adam_error",
        "steps", "sigmas", "shares", "steps_plain", "steps_plain_error", "steps_adam", "steps_adam_error",
    ];

    /// <summary>Writes a file that is whole or not there.</summary>
    public static void Write(string path, IEnumerable<SignalRow> rows) => CsvLines.Write(path, Comment, columns, rows.Select(Fields));

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The file is missing, another or damaged.</exception>
    public static IReadOnlyList<SignalRow> Read(string path)
    {
        var file = new CsvLines(path, columns, hasMore: false);
        return [.. file.Rows().Select(row => Row(file, row.Line, row.Fields))];
    }

    private static string[] Fields(SignalRow row)
    {
        var (s, steps) = (row.Signal, row.Signal.Steps);
        string List(Func<StepSignal, double> value) => string.Join(' ', steps.Select(step => Text(value(step))));
        return
        [
            s.Name, row.Key, Text(row.Seed), Text(s.Iterations), Text(s.ForwardUnits), Text(s.Seconds),
            Text(s.Plain.Value), Text(s.Plain.Error), Text(s.Adam.Value), Text(s.Adam.Error), List(t => t.Step), List(t => t.Sigma), List(t => t.Share),
            List(t => t.Plain.Value), List(t => t.Plain.Error), List(t => t.Adam.Value), List(t => t.Adam.Error),
        ];
    }

    private static SignalRow Row(CsvLines file, int line, string[] fields)
    {
        double Number(string text, int field) => text == Unknown ? double.NaN : file.Number(line, text, columns[field]);
        Estimate Pair(int field) => new(Number(fields[field], field), Number(fields[field + 1], field + 1));
        double[] List(int field) => [.. fields[field].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => Number(text, field))];
        double[][] lists = [.. Enumerable.Range(10, 7).Select(List)];
        if (lists.Any(list => list.Length != lists[0].Length)) throw file.Error(line, "lists of one length", string.Join(',', fields[10..]));
        return new(fields[1], file.Whole<ulong>(line, fields[2], columns[2]), new()
        {
            Name = fields[0],
            Iterations = file.Whole<int>(line, fields[3], columns[3]),
            ForwardUnits = Number(fields[4], 4),
            Seconds = Number(fields[5], 5),
            Plain = Pair(6),
            Adam = Pair(8),
            Steps = [.. lists[0].Select((step, i) =>
                new StepSignal((int)step, lists[1][i], lists[2][i], new(lists[3][i], lists[4][i]), new(lists[5][i], lists[6][i])))],
        });
    }

    private static string Text(IFormattable value) => value is double.NaN ? Unknown : CsvLines.Text(value);
}
