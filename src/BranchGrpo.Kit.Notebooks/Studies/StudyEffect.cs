using System.Globalization;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>A variant against a rival in one quantity at one place.</summary>
/// <param name="Variant">Name of the variant.</param>
/// <param name="Rival">Name of the variant it is compared with.</param>
/// <param name="Place">Where they are compared.</param>
/// <param name="Score">Name of the score; of no meaning for a time ratio.</param>
/// <param name="At">Iterations or training seconds at which the scores were taken; 0 for a time ratio.</param>
/// <param name="Paired">The effect; null without a common seed.</param>
/// <param name="Missing">The runs that are missing, in words; empty where every seed of one has its counterpart.</param>
public sealed record StudyEffect(string Variant, string Rival, Place Place, string Score, double At, PairedEffect? Paired, string Missing)
{
    /// <summary>The interval that decides; null for fewer than two common seeds.</summary>
    public ConfidenceInterval? Interval => Paired?.Interval;

    /// <summary>E.g. "after 31 iterations".</summary>
    public string Where => Place switch
    {
        Place.EqualIterations => $"after {Text(At, "0")} iterations",
        Place.EqualSeconds => $"after {Text(At, At < 10 ? "0.0" : "0")} s",
        _ => "per iteration",
    };

    /// <summary>E.g. "+0.012 [-0.003, +0.027]", or "0.71 [0.69, 0.73]" for a time ratio; the mean alone for one common seed, nothing without.</summary>
    public override string ToString() => (Place == Place.TimeRatio ? Paired?.ToString("0.00") : Paired?.ToString()) ?? "";

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
