namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>Rectangles of equal colour in a field: first along rows, then equal runs of rows on top of each other.</summary>
internal static class CellRuns
{
    public static IEnumerable<(string Colour, (double X0, double Y0, double X1, double Y1) Place)> Of(Mark.Cells cells, Func<double, string> colour)
    {
        var open = new Dictionary<(int From, int To, string Colour), int>();                        // run → first row
        for (var row = 0; row <= cells.Values.Length; row++)
        {
            var runs = row < cells.Values.Length ? Row(cells.Values[row], colour).ToHashSet() : [];
            foreach (var (run, first) in open.Where(o => !runs.Contains(o.Key)).ToArray())
            {
                yield return (run.Colour, (cells.X0 + run.From - 0.5, first - 0.5, cells.X0 + run.To - 0.5, row - 0.5));
                open.Remove(run);
            }
            foreach (var run in runs) open.TryAdd(run, row);
        }
    }

    private static IEnumerable<(int From, int To, string Colour)> Row(double[] values, Func<double, string> colour)
    {
        for (int from = 0, to; from < values.Length; from = to)
        {
            var first = colour(values[from]);
            for (to = from + 1; to < values.Length && colour(values[to]) == first;) to++;
            yield return (from, to, first);
        }
    }
}
