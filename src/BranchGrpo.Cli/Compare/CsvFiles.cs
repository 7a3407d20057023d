using System.Globalization;
using System.Text;

namespace BranchGrpo.Cli.Compare;

/// <summary>The two CSV files of a run folder, with full precision and a point as decimal mark.</summary>
internal static class CsvFiles
{
    /// <summary>One row per evaluation of every run.</summary>
    public static string Results(Comparison c)
    {
        var evaluations = c.Methods.SelectMany(m => m.Runs).SelectMany(r => r.Record.Evaluations);
        var scores = evaluations.SelectMany(e => e.Scores.Keys).Distinct().Order(StringComparer.Ordinal).ToArray();
        var text = new StringBuilder().AppendJoin(',', ["method", "seed", "iteration", "seconds", .. scores]).Append('\n');
        foreach (var method in c.Methods)
        {
            foreach (var (seed, record) in method.Runs)
            {
                foreach (var e in record.Evaluations)
                {
                    text.AppendJoin(',',
                    [
                        CsvLines.Field(method.Method), Number(seed), Number(e.Iteration), Number(e.Seconds),
                        .. scores.Select(s => e.Scores.TryGetValue(s, out var value) ? Number(value) : ""),
                    ]).Append('\n');
                }
            }
        }
        return text.ToString();
    }

    /// <summary>One row per method, score and place of comparison: mean, standard deviation over seeds, seeds.</summary>
    public static string Summary(Comparison c)
    {
        var text = new StringBuilder("method,quantity,at,mean,deviation,seeds\n");
        foreach (var m in c.Methods)
        {
            Row(m.Method, "rollout evaluations per leaf", "", new Spread(m.RolloutPerLeaf, null, m.Runs.Count));
            Row(m.Method, "trained evaluations per leaf", "", new Spread(m.TrainedPerLeaf, null, m.Runs.Count));
            Row(m.Method, "seconds per iteration", "", m.SecondsPerIteration);
            foreach (var (name, _) in c.Scores)
            {
                Row(m.Method, name, $"{c.EqualIterations} iterations", m.At(r => c.AtIterations(r, name)));
                Row(m.Method, name, $"{Number(c.EqualSeconds)} seconds", m.At(r => c.AtSeconds(r, name)));
            }
        }
        return text.ToString();

        void Row(string method, string quantity, string at, Spread? spread)
        {
            if (spread is not { } s) return;
            text.AppendJoin(',', CsvLines.Field(method), quantity, at, Number(s.Mean), s.Deviation is { } sd ? Number(sd) : "", Number(s.Count)).Append('\n');
        }
    }

    private static string Number(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
