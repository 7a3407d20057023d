namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>The range that marks cover, with a margin.</summary>
internal static class Bounds
{
    private const double Margin = 0.06;

    public static (double From, double To) Of(IReadOnlyList<Mark> marks, bool isX)
    {
        double[] all = [.. marks.SelectMany(m => Values(m, isX)).Where(double.IsFinite)];
        if (all.Length == 0) return (0, 1);
        var (low, high) = (all.Min(), all.Max());
        var hasBars = !isX && marks.Any(m => m is Mark.Bars);
        var room = Margin * (high > low ? high - low : Math.Max(1e-9, Math.Abs(high)));
        return (hasBars && low >= 0 ? 0 : low - room, high + room);
    }

    public static (double From, double To) Union(IEnumerable<(double From, double To)> ranges)
    {
        var all = ranges.ToArray();
        return (all.Min(r => r.From), all.Max(r => r.To));
    }

    private static IEnumerable<double> Values(Mark mark, bool isX) => mark switch
    {
        Mark.Curve c when isX => c.X,
        Mark.Curve c => c.Band is null ? c.Y : [.. c.Y.Zip(c.Band, (y, b) => y - b), .. c.Y.Zip(c.Band, (y, b) => y + b)],
        Mark.Dots d when isX && d.Interval is { } half =>
            [.. d.X.Zip(half, (x, h) => x - (h ?? 0)), .. d.X.Zip(half, (x, h) => x + (h ?? 0))],
        Mark.Dots d => isX ? d.X : d.Y,
        Mark.Segments s => isX ? s.X : s.Y,
        Mark.Bars b when isX => [.. b.X.Select(x => x - b.Width), .. b.X.Select(x => x + b.Width)],
        Mark.Bars b => [.. b.Base, .. b.Base.Zip(b.Height, (from, height) => from + height)],
        _ => [],
    };
}
