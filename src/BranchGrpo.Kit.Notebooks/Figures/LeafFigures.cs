using System.Globalization;
using BranchGrpo.Kit.Notebooks.Drawing;

namespace BranchGrpo.Kit.Notebooks;

public static partial class Figures
{
    /// <summary>Distances of leaves to sequential rollouts (dots) beside what chance gives when trees stay whole (grey, 95 %) and two sets of sequential
    /// rollouts (tick), and the share of the variance within a prompt that is found inside a tree.</summary>
    /// <param name="results">One row each.</param>
    /// <param name="title">What is to be seen; which variants stand out if null.</param>
    /// <param name="subtitle">Under which setting; the sizes if null.</param>
    public static Figure Leaves(IReadOnlyList<LeafResult> results, string? title = null, string? subtitle = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(results.Count);
        var rows = results.Reverse().Select((r, i) => ((double)i, r.Name)).ToArray();
        var left = 24 + (int)results.Max(r => Ink.Measure(r.Name, 12));
        Panel[] panels =
        [
            DistancePanel(results, LeafMeasure.Mmd, "MMD²", rows), DistancePanel(results, LeafMeasure.Frechet, "Fréchet distance", rows),
            SharePanel(results, rows),
        ];
        title ??= LeafTitle(results);
        subtitle ??= $"{Range(results.Select(r => r.Trees * r.LeavesPerTree))} leaves each; grey: 95 % of chance with whole trees; "
            + "tick: two sequential sets; hollow: no pairs of one tree";
        var scene = new Scene([.. panels.Select(p => p with { LeftRoom = left })]) { Height = 160 + (24 * rows.Length) };
        return new PanelFigure(title, subtitle, string.Join("; ", results.Select(LeafWords)) + ".", scene);
    }

    private static Panel DistancePanel(IReadOnlyList<LeafResult> results, LeafMeasure measure, string words, (double, string)[] rows)
    {
        // Linear as far as chance reaches, logarithmic beyond it: scaled noise lies hundreds of times further out.
        var unit = results.Select(r => Math.Max(Math.Abs(r[measure].Low), Math.Abs(r[measure].High))).Order().ElementAt(results.Count / 2);
        double At(double value) => Math.Asinh(value / unit);
        var marks = new List<Mark>();
        foreach (var (index, result) in results.Index())
        {
            var (q, y) = (result[measure], results.Count - 1.0 - index);
            marks.Add(new Mark.Segments("", [At(q.Low), At(q.High)], [y, y], "#BBBBBB") { Width = 7 });
            marks.Add(new Mark.Segments("", [At(q.Sequential), At(q.Sequential)], [y - 0.3, y + 0.3], "#000000") { Width = 2 });
            var dot = new Mark.Dots(result.Name, [At(q.Value)], [y])
            {
                Colour = Palette.Of(result.Name, index).Colour,
                Size = 11,
                Details = [(words, [q.Value]), ("two sequential sets", [q.Sequential]), ("p", [q.PValue])],
            };
            marks.Add(dot);
            if (measure != LeafMeasure.Mmd) continue;
            var apart = result[LeafMeasure.MmdWithoutRelatives].Value;
            marks.Add(dot with { X = [At(apart)], IsHollow = true, Details = [("without pairs of one tree", [apart])] });
        }
        var range = Bounds.Of(marks, isX: true);
        return new(words, "", marks) { XRange = range, XTicks = Ticks(unit, range), YTicks = rows, YRange = (-0.6, results.Count - 0.4) };
    }

    private static Panel SharePanel(IReadOnlyList<LeafResult> results, (double, string)[] rows)
    {
        const string Words = "share of variance inside a tree";
        var marks = new List<Mark> { new Mark.Segments("", [1, 1], [-0.6, results.Count - 0.4], "#000000") { IsDotted = true } };
        foreach (var (index, result) in results.Index())
        {
            var (q, y) = (result[LeafMeasure.FeatureVariance], results.Count - 1.0 - index);
            marks.Add(new Mark.Segments("", [q.Low / q.Sequential, q.High / q.Sequential], [y, y], "#BBBBBB") { Width = 7 });
            marks.Add(new Mark.Dots(result.Name, [q.Share], [y])
            {
                Colour = Palette.Of(result.Name, index).Colour,
                Size = 11,
                Details = [(Words, [q.Share]), ("leaves", [result.LeavesPerTree]), ("worth", [result.WorthOfTree()])],
            });
        }
        var top = Math.Max(1.05, Bounds.Of(marks, isX: true).To);
        return new(Words, "", marks) { XRange = (0, top), YTicks = rows, YRange = (-0.6, results.Count - 0.4) };
    }

    // 0 and every tenfold, where there is room for the number.
    private static (double At, string Text)[] Ticks(double unit, (double From, double To) range)
    {
        var kept = new List<(double At, string Text)> { (0, "0") };
        for (var value = Math.Pow(10, Math.Floor(Math.Log10(unit))); Math.Asinh(value / unit) <= range.To; value *= 10)
            if (Math.Asinh(value / unit) - kept[^1].At > 0.13 * (range.To - range.From))
                kept.Add((Math.Asinh(value / unit), value.ToString("0.######", CultureInfo.InvariantCulture)));
        return [.. kept];
    }

    private static string LeafTitle(IReadOnlyList<LeafResult> results)
    {
        string[] apart = [.. results.Where(r => r[LeafMeasure.Mmd].PValue < 0.01).Select(r => r.Name)];
        return apart.Length == 0 ? "No variant's leaves are told from sequential rollouts"
            : $"Told from sequential rollouts (p < 0.01): {string.Join(", ", apart)}";
    }

    private static string LeafWords(LeafResult r) => string.Create(CultureInfo.InvariantCulture,
        $"{r.Name}: MMD² {Short(r[LeafMeasure.Mmd].Value)} (null {Short(r[LeafMeasure.Mmd].Sequential)}, p = {r[LeafMeasure.Mmd].PValue:0.000}), ")
        + string.Create(CultureInfo.InvariantCulture,
        $"Fréchet {Short(r[LeafMeasure.Frechet].Value)} (null {Short(r[LeafMeasure.Frechet].Sequential)}), variance inside a tree {r.ShareInside():0.00}");

    private static string Range(IEnumerable<int> counts)
    {
        var all = counts.ToArray();
        return all.Min() == all.Max() ? $"{all[0]}" : $"{all.Min()} to {all.Max()}";
    }
}
