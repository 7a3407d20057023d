using System.Globalization;
using BranchGrpo.Kit.Notebooks.Drawing;

namespace BranchGrpo.Kit.Notebooks;

public static partial class Figures
{
    /// <summary>How clear and how long the gradient of each denoising step is under Adam's scale: signal to noise, with its standard error as a band, and
    /// share of the squared length. Steps stand at the noise level that they leave.</summary>
    /// <param name="signals">At least one.</param>
    /// <param name="title">What is to be seen; whose step is clearest if null.</param>
    /// <param name="subtitle">Under which setting.</param>
    public static Figure SignalBySteps(this IReadOnlyList<SignalToNoise> signals, string? title = null, string? subtitle = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(signals.Count);
        var clear = StepCurves(signals, s => 1000 * s.Adam);
        var panels = new[] { ("1000 × signal / noise", clear), ("% of the squared length", StepCurves(signals, s => new(100 * s.Share, double.NaN))) }
            .Select(panel => new Panel("noise level σ that the step leaves", panel.Item1, panel.Item2)
            {
                XTicks = [.. Enumerable.Range(0, 6).Select(i => (i / 5.0, ((5 - i) / 5.0).ToString("0.#", CultureInfo.InvariantCulture)))],
            });
        var words = "By step: " + string.Join("; ", clear.Select(c => $"{c.Name} {string.Join(" ", c.Y.Select(Short))}")) + ".";
        title ??= $"The step with the clearest gradient is one of {signals.MaxBy(s => s.Steps.Max(step => step.Adam.Value))!.Name}";
        return new PanelFigure(title, subtitle ?? Setting(signals, "band"), words, new([.. panels]) { HasEndLabels = true, HasSharedY = false });
    }

    /// <summary>Signal to noise of the gradient of a whole iteration under Adam's scale, per iteration and per cost: a dot per recipe, with its standard
    /// error.</summary>
    /// <param name="signals">At least one, the baseline first.</param>
    /// <param name="title">What is to be seen; who is highest per cost if null.</param>
    /// <param name="subtitle">Under which setting.</param>
    public static Figure SignalToNoise(this IReadOnlyList<SignalToNoise> signals, string? title = null, string? subtitle = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(signals.Count);
        var rows = signals.Reverse().Select((s, i) => ((double)i, s.Name)).ToArray();
        var left = 24 + (int)signals.Max(s => Ink.Measure(s.Name, 12));
        Panel[] panels =
        [
            SignalPanel("of one iteration", signals, rows, s => 1000 * s.Adam) with { LeftRoom = left },
            SignalPanel("of the iterations that 1,000 forward units pay for", signals, rows, s => 1000 * s.PerThousandUnits) with { LeftRoom = left },
        ];
        var words = "Per iteration and per 1,000 forward units: "
            + string.Join("; ", signals.Select(s => $"{s.Name} {1000 * s.Adam} and {1000 * s.PerThousandUnits}")) + ".";
        return new PanelFigure(title ?? $"{signals.MaxBy(s => s.PerThousandUnits.Value)!.Name} learns most from a given number of evaluations",
            subtitle ?? Setting(signals, "interval"), words, new(panels) { Height = 150 + (24 * rows.Length) });
    }

    private static Mark.Curve[] StepCurves(IReadOnlyList<SignalToNoise> signals, Func<StepSignal, Estimate> measure) =>
    [
        .. signals.Select((signal, index) =>
        {
            var (colour, dashed) = Palette.Of(signal.Name, index);
            Estimate[] steps = [.. signal.Steps.Select(measure)];
            return new Mark.Curve(signal.Name, [.. signal.Steps.Select(s => 1 - s.Sigma)], [.. steps.Select(s => s.Value)], colour)
            {
                Dashed = dashed, HasMarkers = true, Band = steps.All(s => double.IsFinite(s.Error)) ? [.. steps.Select(s => s.Error)] : null,
            };
        }),
    ];

    private static Panel SignalPanel(string title, IReadOnlyList<SignalToNoise> signals, (double, string)[] rows, Func<SignalToNoise, Estimate> measure)
    {
        List<Mark> marks = [new Mark.Segments("", [0, 0], [-0.6, rows.Length - 0.4], "#000000") { IsDotted = true }];
        foreach (var (index, signal) in signals.Index())
        {
            var ((value, error), (colour, dashed)) = (measure(signal), Palette.Of(signal.Name, index));
            var isKnown = double.IsFinite(error);
            marks.Add(new Mark.Dots(signal.Name, [value], [rows.Length - 1.0 - index])
            {
                Colour = colour,
                IsHollow = dashed,
                Size = 11,
                Interval = isKnown ? [error] : null,
                Details = [("1000 × signal / noise", [value]), .. isKnown ? [("±", (double[])[error])] : Array.Empty<(string, double[])>()],
            });
        }
        return new("1000 × signal / noise", "", marks) { Title = title, YTicks = rows, YRange = (-0.6, rows.Length - 0.4) };
    }

    private static string Setting(IReadOnlyList<SignalToNoise> signals, string what)
    {
        var counts = signals.Select(s => s.Iterations).Distinct().Order().ToArray();
        var known = signals.All(s => double.IsFinite(s.Adam.Error)) ? $"; {what} = standard error" : "";
        return $"base policy, gradients under Adam's scale, {string.Join(" to ", counts.Length > 1 ? [counts[0], counts[^1]] : counts)} iterations each{known}";
    }
}
