using System.Globalization;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>How much A exceeds B, from runs with the same seeds.</summary>
/// <param name="Mean">Mean over common seeds of A − B; for ratios the geometric mean of A/B.</param>
/// <param name="Interval">Student's t interval of the mean (for ratios of the mean log ratio, given back as a ratio); null for one common seed.</param>
/// <param name="Bootstrap">Percentile interval of the mean over resampled seeds: a second opinion that decides nothing.</param>
/// <param name="Pairs">Number of common seeds.</param>
/// <param name="Superiority">Probability that a run of A has the larger number: P(A &gt; B) + P(A = B)/2 over all pairs of a run of A and a run of B, of
/// whatever seed (Mann and Whitney's U over n·m). Larger is better for a reward, worse for a distance or a time.</param>
/// <remarks>Runs of one seed see the same prompts and noise, so pairing takes out what a seed does to both. The interval is for this one comparison:
/// among many, one in twenty misses.</remarks>
public sealed record PairedEffect(double Mean, ConfidenceInterval? Interval, ConfidenceInterval? Bootstrap, int Pairs, double Superiority)
{
    /// <summary>A − B by seed.</summary>
    /// <param name="a">Value by seed.</param>
    /// <param name="b">Value by seed.</param>
    /// <returns>Null without a common seed.</returns>
    public static PairedEffect? Difference(IReadOnlyDictionary<ulong, double> a, IReadOnlyDictionary<ulong, double> b)
    {
        double[] differences = [.. a.Keys.Where(b.ContainsKey).Order().Select(seed => a[seed] - b[seed])];
        if (differences.Length == 0) return null;
        var above = a.Values.Sum(x => b.Values.Sum(y => x > y ? 1 : x == y ? 0.5 : 0));
        return new(differences.Average(), ConfidenceInterval.Student(differences), ConfidenceInterval.Bootstrap(differences), differences.Length,
            above / ((double)a.Count * b.Count));
    }

    /// <summary>A/B by seed, by way of logarithms.</summary>
    /// <param name="a">Positive value by seed.</param>
    /// <param name="b">Positive value by seed.</param>
    /// <returns>Null without a common seed.</returns>
    public static PairedEffect? Ratio(IReadOnlyDictionary<ulong, double> a, IReadOnlyDictionary<ulong, double> b)
    {
        return Difference(Log(a), Log(b)) is { } e
            ? e with { Mean = Math.Exp(e.Mean), Interval = Exp(e.Interval), Bootstrap = Exp(e.Bootstrap) } : null;

        static Dictionary<ulong, double> Log(IReadOnlyDictionary<ulong, double> values) => values.ToDictionary(v => v.Key, v => Math.Log(v.Value));
        static ConfidenceInterval? Exp(ConfidenceInterval? i) => i is { } known ? new(Math.Exp(known.Low), Math.Exp(known.High)) : null;
    }

    /// <summary>E.g. "+0.012 [-0.003, +0.027]"; the mean alone for one common seed.</summary>
    public override string ToString() => ToString("+0.000;-0.000;0.000");

    /// <summary>The same in a number format.</summary>
    public string ToString(string format) =>
        Mean.ToString(format, CultureInfo.InvariantCulture) + (Interval is { } i ? " " + i.ToString(format) : "");
}
