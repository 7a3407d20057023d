using System.Globalization;
using BranchGrpo.Kit.Notebooks.Drawing;

namespace BranchGrpo.Kit.Notebooks;

public static partial class Figures
{
    /// <summary>A score against iterations and against training seconds, side by side on one y-axis. The band is the standard deviation over
    /// seeds.</summary>
    /// <param name="comparison">The runs.</param>
    /// <param name="score">A name of <see cref="Comparison.KnownScores"/>.</param>
    /// <param name="title">What is to be seen; who is highest if null.</param>
    /// <param name="subtitle">Under which setting; the seeds if null.</param>
    public static Figure Alignment(this Comparison comparison, string score = "reward", string? title = null, string? subtitle = null)
    {
        var words = ScoreWords(score);
        var scene = CurveScene(words, BaseScore(comparison, score),
            Curves(comparison, score, byIteration: true), Curves(comparison, score, byIteration: false));
        title ??= Standing.Title(comparison, score, words);
        return new PanelFigure(title, subtitle ?? Seeds(comparison, "band"), Standing.Words(comparison, score, words), scene);
    }

    /// <summary>Training seconds of an iteration, divided as the elapsed time of its phases (medians over iterations).</summary>
    /// <param name="comparison">The runs.</param>
    /// <param name="title">What is to be seen; who is slowest and fastest if null.</param>
    /// <param name="subtitle">Under which setting.</param>
    public static Figure Time(this Comparison comparison, string? title = null, string? subtitle = null)
    {
        var names = Names(comparison);
        (string, double[])[] parts =
            [Part("sample", p => p.Sample), Part("reward", p => p.Reward), Part("credit", p => p.Credit), Part("update", p => p.Update)];
        var whole = comparison.Methods.Select(m => (m.Method, Seconds: m.SecondsPerIteration?.Mean ?? 0)).ToArray();
        var first = whole[0];
        title ??= whole.Length == 1 || first.Seconds == 0
            ? $"{first.Method} takes {Short(first.Seconds)} s per iteration"
            : $"Time of an iteration relative to {first.Method}: "
                + string.Join(", ", whole.Skip(1).Take(4).Select(w => $"{w.Method} {w.Seconds / first.Seconds:0.00}"));
        subtitle ??= $"training seconds per iteration by phase, medians over iterations; {SeedCount(comparison)}";
        var scene = BarScene("seconds per iteration", names, stacked: true, [.. parts.Select((p, i) => (p.Item1, Palette.Phases[i], p.Item2))]);
        return new TimeFigure(title, subtitle, BarWords(names, parts), scene);

        (string, double[]) Part(string name, Func<PhaseSeconds, double> phase) => (name, [.. comparison.Methods.Select(m => m.Phase(phase))]);
    }

    /// <summary>Policy evaluations per leaf: of the rollout, and with gradient.</summary>
    /// <param name="comparison">The runs.</param>
    /// <param name="title">What is to be seen.</param>
    /// <param name="subtitle">Under which setting.</param>
    public static Figure Evaluations(this Comparison comparison, string? title = null, string? subtitle = null)
    {
        double[] rollout = [.. comparison.Methods.Select(m => m.RolloutPerLeaf)], trained = [.. comparison.Methods.Select(m => m.TrainedPerLeaf)];
        var (names, least) = (Names(comparison), comparison.Methods.MinBy(m => m.RolloutPerLeaf)!);
        var most = comparison.Methods.MaxBy(m => m.RolloutPerLeaf)!;
        title ??= most.RolloutPerLeaf - least.RolloutPerLeaf < 0.05 ? $"A leaf costs {most.RolloutPerLeaf:0.0} evaluations in a rollout"
            : $"A leaf costs {most.RolloutPerLeaf:0.0} evaluations with {most.Method}, {least.RolloutPerLeaf:0.0} with {least.Method}";
        var scene = BarScene("evaluations per leaf", names, stacked: false,
            [("rollout", Palette.Phases[0], rollout), ("trained", Palette.Phases[3], trained)]);
        return new PanelFigure(title, subtitle ?? "policy evaluations (NFE) per leaf, counted during the runs",
            BarWords(names, [("rollout", rollout), ("trained", trained)]), scene);
    }

    private static IEnumerable<Mark.Curve> Curves(Comparison comparison, string score, bool byIteration) => comparison.Methods.Select((method, index) =>
    {
        var records = method.Runs.Select(run => run.Record).ToArray();
        var end = records.Min(r => byIteration ? r.LastIteration : r.LastSeconds);
        return Curve(method.Method, index, Places(records[0], end, byIteration), spread => spread.Deviation,
            at => method.At(r => byIteration ? Comparison.AtIteration(r, score, at) : Comparison.AtSecond(r, score, at)));
    });

    /// <summary>Where a record was evaluated before the end, and the end.</summary>
    private static IEnumerable<double> Places(RunRecord record, double end, bool byIteration) =>
        record.Evaluations.Select(e => byIteration ? e.Iteration : e.Seconds).Where(x => x < end).Append(end).Distinct();

    /// <summary>Means over seeds, with a band where there are several.</summary>
    private static Mark.Curve Curve(
        string name, int index, IEnumerable<double> places, Func<Spread, double?> halfWidth, Func<double, Spread?> score)
    {
        var points = (from at in places let value = score(at) where value is not null select (At: at, Value: value.Value)).ToArray();
        var (colour, dashed) = Palette.Of(name, index);
        return new(name, [.. points.Select(p => p.At)], [.. points.Select(p => p.Value.Mean)], colour)
        {
            Dashed = dashed,
            HasMarkers = points.Length <= 12,
            Band = points.Any(p => p.Value.Count > 1) ? [.. points.Select(p => halfWidth(p.Value) ?? 0)] : null,
        };
    }

    /// <summary>Curves against iterations and against seconds; the base policy as a dashed line.</summary>
    private static Scene CurveScene(string words, double? level, IEnumerable<Mark.Curve> byIteration, IEnumerable<Mark.Curve> bySeconds)
    {
        return new([Side("iterations", [.. byIteration]), Side("training seconds", [.. bySeconds])]) { HasEndLabels = true };

        Panel Side(string axis, Mark.Curve[] curves) => new(axis, words, level is not { } y ? curves
            : [.. curves, new Mark.Curve("base policy", [0, curves.SelectMany(c => c.X).DefaultIfEmpty().Max()], [y, y], "#000000") { Dashed = true }]);
    }

    internal static double? BaseScore(Comparison comparison, string score) =>
        comparison.Methods[0].At(r => Comparison.AtIteration(r, score, 0))?.Mean;

    internal static string ScoreWords(string score) => Comparison.KnownScores.FirstOrDefault(s => s.Name == score).Words ?? score;

    private static string SeedCount(Comparison comparison) => comparison.Seeds == 1 ? "one seed" : $"mean of {comparison.Seeds} seeds";

    private static string Seeds(Comparison comparison, string what) => comparison.Seeds == 1
        ? "one seed: what was measured, not evidence of who is better"
        : string.Create(CultureInfo.InvariantCulture, $"mean of {comparison.Seeds} seeds, {what} = standard deviation over seeds");

    private static string[] Names(Comparison comparison) => [.. comparison.Methods.Select(m => m.Method)];
}
