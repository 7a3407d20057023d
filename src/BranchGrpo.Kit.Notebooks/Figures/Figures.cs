using System.Globalization;
using BranchGrpo.Kit.Notebooks.Drawing;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>The figures of the notebooks.</summary>
public static partial class Figures
{
    /// <summary>Lines, named at their ends.</summary>
    /// <param name="title">What is to be seen.</param>
    /// <param name="subtitle">Under which setting; of what the bands are.</param>
    /// <param name="xTitle">The x-axis, with its unit.</param>
    /// <param name="yTitle">The y-axis, with its unit.</param>
    /// <param name="lines">At least one.</param>
    public static Figure Lines(string title, string subtitle, string xTitle, string yTitle, params Line[] lines)
    {
        ArgumentOutOfRangeException.ThrowIfZero(lines.Length);
        var curves = lines.Select(Mark (line, i) =>
        {
            var (colour, dashed) = Palette.Of(line.Name, i);
            return new Mark.Curve(line.Name, line.X, line.Y, line.Colour ?? colour)
            {
                Band = line.Band,
                Dashed = line.Dashed || (line.Colour is null && dashed),
                HasMarkers = line.X.Length <= 12,
            };
        }).ToArray();
        return new PanelFigure(title, subtitle, Ends(curves), new([new(xTitle, yTitle, curves)]) { HasEndLabels = true });
    }

    /// <summary>Bars over categories: parts on top of each other, or side by side.</summary>
    /// <param name="title">What is to be seen.</param>
    /// <param name="subtitle">Under which setting.</param>
    /// <param name="yTitle">The y-axis, with its unit.</param>
    /// <param name="categories">Names under the bars.</param>
    /// <param name="stacked">Parts of a whole on top of each other, with the whole's number above.</param>
    /// <param name="parts">Name and one value per category of each part.</param>
    public static Figure Bars(
        string title, string subtitle, string yTitle, IReadOnlyList<string> categories, bool stacked, params (string Name, double[] Values)[] parts)
    {
        var scene = BarScene(yTitle, categories, stacked, [.. parts.Select((p, i) => (p.Name, PartColour(p.Name, i, parts.Length), p.Values))]);
        return new PanelFigure(title, subtitle, BarWords(categories, parts), scene);
    }

    private static Scene BarScene(
        string yTitle, IReadOnlyList<string> categories, bool stacked, IReadOnlyList<(string Name, string Colour, double[] Values)> parts)
    {
        if (parts.Any(p => p.Values.Length != categories.Count))
            throw new ArgumentException($"each part needs {categories.Count} values, one per category", nameof(parts));
        var (count, marks) = (categories.Count, new List<Mark>());
        double[] centres = [.. Enumerable.Range(0, count).Select(i => (double)i)], under = new double[count];
        var width = stacked ? 0.7 : 0.8 / parts.Count;
        for (var p = 0; p < parts.Count; p++)
        {
            double[] x = stacked ? centres : [.. centres.Select(c => c - 0.4 + (width * (p + 0.5)))];
            marks.Add(new Mark.Bars(parts[p].Name, x, stacked ? [.. under] : new double[count], parts[p].Values, width * 0.94, parts[p].Colour));
            if (stacked) under = [.. under.Zip(parts[p].Values, (a, b) => a + b)];
            else if (count * parts.Count <= 26) marks.Add(Numbers(x, parts[p].Values));
        }
        if (stacked) marks.Add(Numbers(centres, under));
        var top = stacked ? under.Max() : parts.Max(p => p.Values.Max());
        var low = parts.Min(p => p.Values.Min());
        string[] names = [.. categories.Select(name => Broken(name, (820 / count) - 8))];
        var isTight = names.SelectMany(n => n.Split('\n')).Max(line => Ink.Measure(line, 12)) > (820 / count) - 8;       // every other one lower
        var panel = new Panel("", yTitle, marks)
        {
            XRange = (-0.6, count - 0.4),
            YRange = (Math.Min(0, low * 1.1), Math.Max(top, 1e-9) * 1.12),
            XTicks = [.. names.Select((name, i) => ((double)i, isTight && i % 2 == 1 ? "\n\n" + name : name))],
            BottomRoom = isTight ? 72 : 42,
        };
        return new([panel]) { Legend = parts.Count > 1 ? [.. parts.Select(p => (p.Name, p.Colour))] : [] };
    }

    private static Mark.Labels Numbers(double[] x, double[] values)
    {
        var isOrdinary = values.Max() is >= 1 and < 100;
        string[] texts = [.. values.Select(v => isOrdinary ? v.ToString("0.00", CultureInfo.InvariantCulture) : Short(v))];
        return new(x, values, texts, "#333333") { IsCentred = true };
    }

    /// <summary>A number in about three digits.</summary>
    internal static string Short(double value)
    {
        var size = Math.Abs(value);
        var format = size >= 100 ? "0" : size >= 10 ? "0.0" : size >= 1 || size == 0 ? "0.00" : size >= 0.001 ? "0.000" : "0.0e0";
        return value.ToString(format, CultureInfo.InvariantCulture);
    }

    // The usual four of a run, else the methods' colours or free ones.
    private static string PartColour(string name, int index, int count) =>
        count <= 4 && Palette.Of(name, index).Colour == Palette.Of("", index).Colour ? Palette.Phases[index] : Palette.Of(name, index).Colour;

    /// <summary>A name in two lines where one is too narrow.</summary>
    private static string Broken(string name, double width)
    {
        if (Ink.Measure(name, 12) <= width) return name;
        var places = Enumerable.Range(1, Math.Max(0, name.Length - 1)).Where(i => name[i - 1] is '-' or ' ').ToArray();
        if (places.Length == 0) return name;
        var at = places.MinBy(i => Math.Abs(i - (name.Length / 2.0)));
        return name[..at].TrimEnd() + "\n" + name[at..];
    }

    private static string BarWords(IReadOnlyList<string> categories, IReadOnlyList<(string Name, double[] Values)> parts) =>
        string.Join("; ", categories.Select((c, i) => $"{c}: {string.Join(", ", parts.Select(p => $"{p.Name} {Short(p.Values[i])}"))}")) + ".";

    private static string Ends(IEnumerable<Mark> marks) => "At the end: "
        + string.Join(", ", marks.OfType<Mark.Curve>().Select(c => $"{c.Name} {Short(c.Y.LastOrDefault(double.IsFinite))}")) + ".";
}
