using System.Globalization;
using Microsoft.Data.Analysis;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Tables of comparisons.</summary>
public static class ComparisonTable
{
    /// <summary>A row per method, the baseline first: evaluations per leaf, seconds per iteration, their ratio to the baseline's, and scores at equal
    /// iterations and at equal seconds.</summary>
    /// <param name="comparison">The runs.</param>
    /// <returns>At most seven columns. Scores are text, mean ± standard deviation over seeds; <c>**</c> marks those that the best one's interval
    /// reaches, where it does not reach all.</returns>
    public static DataFrame Table(this Comparison comparison)
    {
        var methods = comparison.Methods;
        var first = methods[0].SecondsPerIteration?.Mean;
        (string Name, Func<RunRecord, string, double?> At)[] places =
        [
            ($"at {comparison.EqualIterations} iterations", comparison.AtIterations),
            (string.Create(CultureInfo.InvariantCulture, $"at {comparison.EqualSeconds:0.#} s"), comparison.AtSeconds),
        ];
        var columns = new List<DataFrameColumn>
        {
            new StringDataFrameColumn("method", methods.Select(m => m.Method)),
            new StringDataFrameColumn("NFE per leaf, rollout + trained",
                methods.Select(m => Text(m.RolloutPerLeaf, "0.0") + " + " + Text(m.TrainedPerLeaf, "0.0"))),
            new StringDataFrameColumn("s/iteration (ratio)", methods.Select(m => Seconds(m.SecondsPerIteration, first))),
        };
        string[] scores = [.. comparison.Scores.Select(s => s.Name).Where(s => s is "reward" or "verifier")];
        if (scores.Length == 0) scores = [.. comparison.Scores.Take(1).Select(s => s.Name)];
        columns.AddRange(from score in scores from place in places select Scores(comparison, score, place.Name, place.At));
        return new DataFrame(columns);
    }

    private static StringDataFrameColumn Scores(Comparison comparison, string score, string place, Func<RunRecord, string, double?> at)
    {
        var best = Standing.Best(comparison, r => at(r, score));
        return new($"{Figures.ScoreWords(score)} {place}", comparison.Methods.Select(m =>
        {
            var text = m.At(r => at(r, score))?.ToString() ?? "";
            return best.Contains(m.Method) ? $"**{text}**" : text;
        }));
    }

    private static string Seconds(Spread? seconds, double? first) => seconds is not { } s ? ""
        : s.ToString(s.Mean < 0.1 ? "0.000" : "0.00", withDeviation: false) + (first is > 0 ? $" ({Text(s.Mean / first.Value, "0.00")}×)" : "");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
