using System.Globalization;

namespace BranchGrpo.Cli.Compare;

/// <summary>Mean over seeds, and the sample standard deviation where there are at least two.</summary>
internal readonly record struct Spread(double Mean, double? Deviation, int Count)
{
    public static Spread? Of(IEnumerable<double?> values)
    {
        var known = values.OfType<double>().ToArray();
        if (known.Length == 0) return null;
        var mean = known.Average();
        return new(mean, known.Length < 2 ? null : Math.Sqrt(known.Sum(v => (v - mean) * (v - mean)) / (known.Length - 1)), known.Length);
    }

    public override string ToString() => ToString("0.000");

    public string ToString(string format, bool withDeviation = true) =>
        Mean.ToString(format, CultureInfo.InvariantCulture)
        + (withDeviation && Deviation is { } sd ? " ± " + sd.ToString(format, CultureInfo.InvariantCulture) : "");
}
