using System.Globalization;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Mean over seeds, and how far the seeds lie apart.</summary>
/// <param name="Mean">Mean.</param>
/// <param name="Deviation">Sample standard deviation (n − 1); null for one value.</param>
/// <param name="Count">Number of values n.</param>
public readonly record struct Spread(double Mean, double? Deviation, int Count)
{
    /// <summary>The spread of the values that are known.</summary>
    /// <returns>Null when none is.</returns>
    public static Spread? Of(IEnumerable<double?> values)
    {
        var known = values.OfType<double>().ToArray();
        if (known.Length == 0) return null;
        var mean = known.Average();
        return new(mean, known.Length < 2 ? null : Math.Sqrt(known.Sum(v => (v - mean) * (v - mean)) / (known.Length - 1)), known.Length);
    }

    /// <summary>E.g. "0.765 ± 0.017".</summary>
    public override string ToString() => ToString("0.000");

    /// <summary>The same in a number format.</summary>
    public string ToString(string format, bool withDeviation = true) =>
        Mean.ToString(format, CultureInfo.InvariantCulture)
        + (withDeviation && Deviation is { } sd ? " ± " + sd.ToString(format, CultureInfo.InvariantCulture) : "");
}
