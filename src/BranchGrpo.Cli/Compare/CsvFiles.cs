namespace BranchGrpo.Cli.Compare;

/// <summary>The two CSV files of a run folder, with full precision and a point as decimal mark.</summary>
internal static class CsvFiles
{
    /// <summary>One row per evaluation of every run.</summary>
    public static string Results(Comparison c)
    {
        var evaluations = c.Methods.SelectMany(m => m.Runs).SelectMany(r => r.Record.Evaluations);
        var scores = evaluations.SelectMany(e => e.Scores.Keys).Distinct().Order(StringComparer.Ordinal).ToArray();
        return CsvLines.Join(["method", "seed", "iteration", "seconds", .. scores],
            from method in c.Methods
            from run in method.Runs
            from e in run.Record.Evaluations
            select (string[])[method.Method, CsvLines.Text(run.Seed), CsvLines.Text(e.Iteration), CsvLines.Text(e.Seconds),
                .. scores.Select(s => e.Scores.TryGetValue(s, out var value) ? CsvLines.Text(value) : "")]);
    }

    /// <summary>One row per method, score and place of comparison: mean, standard deviation over seeds, seeds.</summary>
    public static string Summary(Comparison c)
    {
        return CsvLines.Join(["method", "quantity", "at", "mean", "deviation", "seeds"],
            from m in c.Methods
            from row in Rows(m)
            where row.Spread is not null
            let s = row.Spread!.Value
            select (string[])[m.Method, row.Quantity, row.At, CsvLines.Text(s.Mean), s.Deviation is { } sd ? CsvLines.Text(sd) : "", CsvLines.Text(s.Count)]);

        IEnumerable<(string Quantity, string At, Spread? Spread)> Rows(MethodRuns m) =>
        [
            ("rollout evaluations per leaf", "", new Spread(m.RolloutPerLeaf, null, m.Runs.Count)),
            ("trained evaluations per leaf", "", new Spread(m.TrainedPerLeaf, null, m.Runs.Count)),
            ("seconds per iteration", "", m.SecondsPerIteration),
            .. c.Scores.SelectMany(score => new (string, string, Spread?)[]
            {
                (score.Name, $"{c.EqualIterations} iterations", m.At(r => c.AtIterations(r, score.Name))),
                (score.Name, $"{CsvLines.Text(c.EqualSeconds)} seconds", m.At(r => c.AtSeconds(r, score.Name))),
            }),
        ];
    }
}
