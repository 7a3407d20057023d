using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit;

namespace BranchGrpo.Cli.Report;

/// <summary>The figures of a comparison.</summary>
internal static class ComparisonFigures
{
    public static IReadOnlyList<Figure> Of(Comparison c, string setting)
    {
        var seeds = c.Seeds == 1 ? "one seed" : $"mean of {c.Seeds} seeds, band = standard deviation over seeds";
        return
        [
            .. c.Scores.Select(s => new CurveFigure(Capital(s.Words), $"{seeds}; {setting}", s.Words,
            [
                ("iterations", [.. c.Methods.Select(m => CurveOf(m, s.Name, byIteration: true))]),
                ("training seconds", [.. c.Methods.Select(m => CurveOf(m, s.Name, byIteration: false))]),
            ])),
            new BarFigure("Where the time goes", "training seconds of an iteration, divided as the elapsed time of its phases (medians)",
                "seconds per iteration", Names(c),
            [
                Phase("sample", 0, p => p.Sample), Phase("reward", 1, p => p.Reward),
                Phase("credit", 2, p => p.Credit), Phase("update", 3, p => p.Update),
            ], Stacked: true),
            new BarFigure("Policy evaluations per leaf (NFE)", "counted during the runs", "evaluations per leaf", Names(c),
            [
                ("rollout", Palette.Phases[0], [.. c.Methods.Select(m => m.RolloutPerLeaf)]),
                ("trained", Palette.Phases[3], [.. c.Methods.Select(m => m.TrainedPerLeaf)]),
            ], Stacked: false),
        ];

        (string, string, double[]) Phase(string name, int colour, Func<PhaseSeconds, double> phase) =>
            (name, Palette.Phases[colour], [.. c.Methods.Select(m => m.Phase(phase))]);
    }

    /// <summary>A method's curve at the places where all its seeds have something to say.</summary>
    private static Curve CurveOf(MethodRuns method, string score, bool byIteration)
    {
        var records = method.Runs.Select(run => run.Record).ToArray();
        var end = records.Min(r => byIteration ? r.LastIteration : r.LastSeconds);
        var first = records[0].Evaluations.Select(e => byIteration ? e.Iteration : e.Seconds).Where(x => x < end);
        var points = (from at in first.Append(end)
                      let value = method.At(r => byIteration ? Comparison.AtIteration(r, score, at) : Comparison.AtSecond(r, score, at))
                      where value is not null
                      select (At: at, Value: value.Value)).ToArray();
        var (colour, dashed) = Palette.Of(method.Method);
        double[] deviations = records.Length > 1 ? [.. points.Select(p => p.Value.Deviation ?? 0)] : [];
        return new(method.Method, colour, dashed, [.. points.Select(p => p.At)], [.. points.Select(p => p.Value.Mean)], deviations);
    }

    private static IReadOnlyList<string> Names(Comparison c) => [.. c.Methods.Select(m => m.Method)];

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
