using System.Globalization;
using ScottPlot;
using ScottPlot.Colormaps;

namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>Values as colours, with a bar that says which.</summary>
/// <param name="Title">What is coloured.</param>
/// <param name="Low">Value of the first colour.</param>
/// <param name="High">Value of the last colour.</param>
/// <param name="IsDiverging">Blue–white–red instead of viridis.</param>
internal sealed record ColourScale(string Title, double Low, double High, bool IsDiverging)
{
    private static readonly Viridis Viridis = new();
    private static readonly (double At, int R, int G, int B)[] Stops =
        [(0, 0x21, 0x66, 0xAC), (0.25, 0x92, 0xC5, 0xDE), (0.5, 0xF7, 0xF7, 0xF7), (0.75, 0xF4, 0xA5, 0x82), (1, 0xB2, 0x18, 0x2B)];

    /// <summary>From the lowest to the highest of the values.</summary>
    public static ColourScale Sequential(string title, IReadOnlyCollection<double> values)
    {
        var (low, high) = (values.Min(), values.Max());
        return high > low ? new(title, low, high, false) : new(title, low - 0.5, high + 0.5, false);
    }

    /// <summary>As far below zero as above.</summary>
    public static ColourScale Symmetric(string title, IEnumerable<double> values)
    {
        var reach = values.Select(Math.Abs).DefaultIfEmpty().Max();
        return new(title, reach > 0 ? -reach : -1, reach > 0 ? reach : 1, true);
    }

    /// <summary>Colour of a value as #RRGGBB; in 64 levels, so that neighbours can share a shape.</summary>
    public string Of(double value)
    {
        var t = Math.Round(Math.Clamp((value - Low) / (High - Low), 0, 1) * 64) / 64;
        if (!IsDiverging)
        {
            var c = Viridis.GetColor(t);
            return $"#{c.R:X2}{c.G:X2}{c.B:X2}";
        }
        var i = Math.Max(1, Array.FindIndex(Stops, s => s.At >= t));
        var (a, b) = (Stops[i - 1], Stops[i]);
        var s = (t - a.At) / (b.At - a.At);
        return $"#{Mix(a.R, b.R):X2}{Mix(a.G, b.G):X2}{Mix(a.B, b.B):X2}";

        int Mix(int x, int y) => (int)Math.Round(x + (s * (y - x)));
    }

    /// <summary>Colours from low to high, as Plotly takes them.</summary>
    public object[] ToPlotly() => [.. Enumerable.Range(0, 9).Select(i => (object)new object[] { i / 8.0, Of(Low + ((High - Low) * i / 8)) })];

    /// <summary>Lowest, middle and highest value and their words.</summary>
    public (double At, string Text)[] Ticks() =>
        [.. new[] { Low, (Low + High) / 2, High }.Select(v => (v, v.ToString(High - Low < 0.1 ? "0.000" : "0.00", CultureInfo.InvariantCulture)))];
}
