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
        var scene = DotScene(words, BaseScore(comparison, score), [.. comparison.Methods.Select((m, i) => (m.Method, i))],
            ($"at {comparison.EqualIterations} iterations", Row(comparison.AtIterations)),
            ($"at {Short(comparison.EqualSeconds)} training seconds", Row(comparison.AtSeconds)));
        subtitle ??= Seeds(comparison, "interval") + (BaseScore(comparison, score) is { } level ? $"; dashed: base policy {Short(level)}" : "");
        return new PanelFigure(title ?? Standing.Title(comparison, score, words), subtitle, Standing.Words(comparison, score, words), scene);

        Func<int, (double, double?)?> Row(Func<RunRecord, string, double?> at) =>
            row => comparison.Methods[row].At(r => at(r, score)) is { } s ? (s.Mean, s.Deviation) : null;
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
        var words = ScoreWords(score);
        title ??= $"{Capital(words)} against {DriftPath.Words(drift)}";
        return Drift(comparison.Methods, drift, score, title, subtitle ?? $"a point per evaluation, from the base policy on; {SeedCount(comparison)}");
    }

    private static PanelFigure Drift(IReadOnlyList<MethodRuns> methods, string drift, string score, string title, string subtitle)
    {
        var paths = methods.Select(Mark.Curve (method, index) =>
        {
            var (colour, dashed) = Palette.Of(method.Method, index);
            var points = DriftPath.Of(method, drift, score);
            double[] x = [.. points.Select(p => p.Drift)], y = [.. points.Select(p => p.Score)];
            return new(method.Method, x, y, colour) { Dashed = dashed, HasMarkers = true };
        }).Where(path => path.X.Length > 0).ToArray();
        if (paths.Length == 0) throw new ArgumentException($"the runs have no \"{drift}\" beside \"{score}\"", nameof(drift));
        var words = ScoreWords(score);
        var said = $"Ends ({words} at {DriftPath.Words(drift)}): "
            + string.Join("; ", paths.Select(p => $"{p.Name} {Short(p.Y[^1])} at {Short(p.X[^1])}")) + ".";
        return new PanelFigure(title, subtitle, said, new([new(DriftPath.Words(drift), words, paths)]) { HasEndLabels = true });
    }

    /// <summary>Rows of dots with intervals, the first on top; panels side by side on one scale, with a dotted line at a level.</summary>
    private static Scene DotScene(string words, double? level, (string Name, int Index)[] rows,
        params (string Title, Func<int, (double Mean, double? HalfWidth)?> Row)[] sides)
    {
        var ticks = rows.Select((row, i) => (rows.Length - 1.0 - i, row.Name)).ToArray();
        var panels = sides.Select(side => new Panel(words, "", Marks(side.Row))
        {
            Title = side.Title,
            YTicks = ticks,
            YRange = (-0.6, rows.Length - 0.4),
            LeftRoom = 24 + (int)rows.Max(row => Ink.Measure(row.Name, 12)),
        }).ToArray();
        var range = Bounds.Union(panels.Select(p => p.XBounds));
        return new([.. panels.Select(p => p with { XRange = range })]) { Height = 150 + (24 * rows.Length) };

        List<Mark> Marks(Func<int, (double Mean, double? HalfWidth)?> at)
        {
            var marks = new List<Mark>();
            if (level is { } x) marks.Add(new Mark.Segments("", [x, x], [-0.6, rows.Length - 0.4], "#000000") { IsDotted = true });
            for (var i = 0; i < rows.Length; i++)
            {
                if (at(i) is not { } value) continue;
                var (colour, dashed) = Palette.Of(rows[i].Name, rows[i].Index);
                marks.Add(new Mark.Dots(rows[i].Name, [value.Mean], [ticks[i].Item1])
                {
                    Colour = colour,
                    IsHollow = dashed,
                    Size = 11,
                    Interval = value.HalfWidth is { } half ? [half] : null,
                    Details = [(words, [value.Mean]), .. value.HalfWidth is { } width ? [("±", (double[])[width])] : Array.Empty<(string, double[])>()],
                });
            }
            return marks;
        }
    }

    private static string Capital(string words) => char.ToUpperInvariant(words[0]) + words[1..];
}
