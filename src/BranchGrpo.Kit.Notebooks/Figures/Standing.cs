using System.Globalization;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Who is highest, said no stronger than the seeds carry.</summary>
internal static class Standing
{
    /// <summary>E.g. "Test reward: DanceGRPO highest at 31 iterations, DanceGRPO and BranchGRPO level at 24 s".</summary>
    public static string Title(Comparison c, string score, string words)
    {
        var (iterations, seconds) = (Leader(c, r => c.AtIterations(r, score)), Leader(c, r => c.AtSeconds(r, score)));
        var subject = char.ToUpperInvariant(words[0]) + words[1..];
        if (c.Methods.Count == 1)
        {
            var method = c.Methods[0];
            var before = Figures.BaseScore(c, score) is { } level ? $" from {Text(level)}" : "";
            return $"{subject} of {method.Method}:{before} to {method.At(r => c.AtIterations(r, score))?.ToString("0.000", false) ?? "?"}"
                + $" in {Text(c.EqualSeconds, "0.#")} s";
        }
        var places = (Iterations: $"at {c.EqualIterations} iterations", Seconds: $"at {Text(c.EqualSeconds, "0.#")} s");
        return iterations is null || seconds is null ? subject
            : iterations == seconds ? $"{subject}: {iterations} {places.Iterations} and {places.Seconds}"
            : $"{subject}: {iterations} {places.Iterations}, {seconds} {places.Seconds}";
    }

    /// <summary>Every method's score at equal iterations and at equal seconds.</summary>
    public static string Words(Comparison c, string score, string words) =>
        $"{words} at {c.EqualIterations} iterations: {List(c, r => c.AtIterations(r, score))}; "
        + $"at {Text(c.EqualSeconds, "0.#")} training seconds: {List(c, r => c.AtSeconds(r, score))}.";

    /// <summary>Methods whose interval (mean ± deviation over seeds) reaches that of the best mean; empty where that says nothing.</summary>
    public static IReadOnlySet<string> Best(Comparison c, Func<RunRecord, double?> score)
    {
        return Best([.. Known(c, score).Select(k => (k.Method, k.Score.Mean, k.Score.Deviation))]);
    }

    /// <summary>Those whose interval reaches that of the largest mean; empty where that says nothing.</summary>
    public static IReadOnlySet<string> Best((string Name, double Mean, double? HalfWidth)[] known)
    {
        if (known.Length < 2 || known.Any(k => k.HalfWidth is null)) return new HashSet<string>();
        var best = known.MaxBy(k => k.Mean);
        var near = known.Where(k => k.Mean + k.HalfWidth >= best.Mean - best.HalfWidth).Select(k => k.Name).ToHashSet();
        return near.Count == known.Length ? new HashSet<string>() : near;
    }

    // "A highest", "A and B level", or "no clear order": within the larger deviation of two methods their means do not tell them apart.
    private static string? Leader(Comparison c, Func<RunRecord, double?> score)
    {
        var known = Known(c, score).OrderByDescending(k => k.Score.Mean).ToArray();
        if (known.Length == 0) return null;
        var best = known[0].Score;
        var level = known.Where(k => best.Mean - k.Score.Mean <= Math.Max(best.Deviation ?? 0, k.Score.Deviation ?? 0))
            .Select(k => k.Method).ToArray();
        return level.Length switch
        {
            1 => $"{level[0]} highest",
            2 => $"{level[0]} and {level[1]} level",
            _ when level.Length == known.Length => "no clear order",
            _ => $"{level.Length} methods level at the top",
        };
    }

    private static (string Method, Spread Score)[] Known(Comparison c, Func<RunRecord, double?> score) =>
        [.. from m in c.Methods let s = m.At(score) where s is not null select (m.Method, s.Value)];

    private static string List(Comparison c, Func<RunRecord, double?> score) =>
        string.Join(", ", Known(c, score).Select(k => $"{k.Method} {k.Score}"));

    private static string Text(double value, string format = "0.000") => value.ToString(format, CultureInfo.InvariantCulture);
}
