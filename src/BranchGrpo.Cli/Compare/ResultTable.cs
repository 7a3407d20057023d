using System.Globalization;
using BranchGrpo.Kit;

namespace BranchGrpo.Cli.Compare;

/// <summary>A table as text: shown in a terminal, written as CSV and set in the report.</summary>
internal sealed record ResultTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>Cost, and the scores at equal iterations and at equal seconds.</summary>
    public static IReadOnlyList<ResultTable> Of(Comparison c) =>
    [
        Cost(c),
        Scores(c, $"After {c.EqualIterations} iterations", c.AtIterations),
        Scores(c, string.Create(CultureInfo.InvariantCulture, $"After {c.EqualSeconds:0.#} training seconds"), c.AtSeconds),
    ];

    private static ResultTable Cost(Comparison c)
    {
        var baseline = c.Methods.FirstOrDefault(m => m.Method.EndsWith("DanceGRPO", StringComparison.OrdinalIgnoreCase)) ?? c.Methods[0];
        var seconds = baseline.SecondsPerIteration?.Mean;
        return new("Cost of an iteration", ["method", "NFE/leaf rollout", "NFE/leaf trained", "s/iteration", $"ratio to {baseline.Method}", "iterations"],
        [
            .. c.Methods.Select(m => (IReadOnlyList<string>)
            [
                m.Method,
                Text(m.RolloutPerLeaf, "0.00"),
                Text(m.TrainedPerLeaf, "0.00"),
                m.SecondsPerIteration?.ToString() ?? "",
                seconds is > 0 && m.SecondsPerIteration is { } s ? Text(s.Mean / seconds.Value, "0.00") : "",
                m.Iterations?.ToString("0") ?? "",
            ]),
        ]);
    }

    private static ResultTable Scores(Comparison c, string title, Func<RunRecord, string, double?> at)
    {
        return new(title, ["method", .. c.Scores.Select(s => s.Words)],
        [
            ["base policy", .. c.Scores.Select(s => Base(s.Name)?.ToString("0.000", withDeviation: false) ?? "")],
            .. c.Methods.Select(m => (IReadOnlyList<string>)[m.Method, .. c.Scores.Select(s => m.At(r => at(r, s.Name))?.ToString() ?? "")]),
        ]);

        Spread? Base(string score) => c.Methods[0].At(r => Comparison.AtIteration(r, score, 0));
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
