using BranchGrpo.Kit.Notebooks.Drawing;

namespace BranchGrpo.Kit.Notebooks;

public static partial class Figures
{
    /// <summary>A dot per method with its interval over seeds (mean ± standard deviation; a dot alone for one seed), at equal iterations and at
    /// equal seconds.</summary>
    /// <param name="comparison">The runs.</param>
    /// <param name="score">A name of <see cref="Comparison.KnownScores"/>.</param>
    /// <param name="title">What is to be seen; who is highest if null.</param>
    /// <param name="subtitle">Under which setting; the seeds if null.</param>
    public static Figure Dots(this Comparison comparison, string score = "reward", string? title = null, string? subtitle = null)
    {
        var words = ScoreWords(score);
        var rows = comparison.Methods.Reverse().Select((m, i) => ((double)i, m.Method)).ToArray();
        Panel[] panels =
        [
            DotPanel(comparison, $"at {comparison.EqualIterations} iterations", words, rows, score, r => comparison.AtIterations(r, score)),
            DotPanel(comparison, $"at {Short(comparison.EqualSeconds)} training seconds", words, rows, score, r => comparison.AtSeconds(r, score)),
        ];
        var range = Bounds.Union(panels.Select(p => p.XBounds));
        var left = 24 + (int)comparison.Methods.Max(m => Ink.Measure(m.Method, 12));
        var scene = new Scene([.. panels.Select(p => p with { XRange = range, LeftRoom = left })]) { Height = 150 + (24 * rows.Length) };
        subtitle ??= Seeds(comparison, "interval") + (BaseScore(comparison, score) is { } level ? $"; dashed: base policy {Short(level)}" : "");
        return new PanelFigure(title ?? Standing.Title(comparison, score, words), subtitle, Standing.Words(comparison, score, words), scene);
    }

    /// <summary>A score against how far the policy has drifted, along the evaluations of each method: who pays how much for what.</summary>
    /// <param name="comparison">The runs.</param>
    /// <param name="drift">A score of the evaluations: <c>kl</c> (divergence from the base policy), <c>rmse</c> or <c>diversity</c>.</param>
    /// <param name="score">A name of <see cref="Comparison.KnownScores"/>.</param>
    /// <param name="title">What is to be seen.</param>
    /// <param name="subtitle">Under which setting.</param>
    public static Figure RewardAgainst(
        this Comparison comparison, string drift, string score = "reward", string? title = null, string? subtitle = null)
    {
        var paths = comparison.Methods.Select(Mark.Curve (method, index) =>
        {
            var (colour, dashed) = Palette.Of(method.Method, index);
            var points = DriftPath.Of(method, drift, score);
            double[] x = [.. points.Select(p => p.Drift)], y = [.. points.Select(p => p.Score)];
            return new(method.Method, x, y, colour) { Dashed = dashed, HasMarkers = true };
        }).Where(path => path.X.Length > 0).ToArray();
        if (paths.Length == 0) throw new ArgumentException($"the runs have no \"{drift}\" beside \"{score}\"", nameof(drift));
        var words = ScoreWords(score);
        title ??= $"{char.ToUpperInvariant(words[0])}{words[1..]} against {DriftPath.Words(drift)}";
        subtitle ??= $"a point per evaluation, from the base policy on; {SeedCount(comparison)}";
        var said = $"Ends ({words} at {DriftPath.Words(drift)}): "
            + string.Join("; ", paths.Select(p => $"{p.Name} {Short(p.Y[^1])} at {Short(p.X[^1])}")) + ".";
        return new PanelFigure(title, subtitle, said, new([new(DriftPath.Words(drift), words, paths)]) { HasEndLabels = true });
    }

    private static Panel DotPanel(
        Comparison comparison, string title, string words, (double, string)[] rows, string score, Func<RunRecord, double?> at)
    {
        var marks = new List<Mark>();
        if (BaseScore(comparison, score) is { } level)
            marks.Add(new Mark.Segments("", [level, level], [-0.6, rows.Length - 0.4], "#000000") { IsDotted = true });
        foreach (var (method, index) in comparison.Methods.Select((m, i) => (m, i)))
        {
            if (method.At(at) is not { } value) continue;
            var (colour, dashed) = Palette.Of(method.Method, index);
            marks.Add(new Mark.Dots(method.Method, [value.Mean], [rows.Length - 1.0 - index])
            {
                Colour = colour,
                IsHollow = dashed,
                Size = 11,
                Interval = value.Deviation is { } deviation ? [deviation] : null,
                Details = [(words, [value.Mean]), .. value.Deviation is { } sd ? [("±", (double[])[sd])] : Array.Empty<(string, double[])>()],
            });
        }
        return new(words, "", marks) { Title = title, YTicks = rows, YRange = (-0.6, rows.Length - 0.4) };
    }
}
