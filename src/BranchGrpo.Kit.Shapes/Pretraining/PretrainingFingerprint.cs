using System.Globalization;

namespace BranchGrpo.Kit.Shapes;

/// <summary>What a pretraining looked like after its first steps; recorded in the file it made, so that a short run can be held against it.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Loss">Loss of the last of them.</param>
/// <param name="WeightNorm">√Σ w² after it.</param>
/// <param name="MomentNorm">√Σ m² of the optimiser's first moments after it.</param>
public sealed record PretrainingFingerprint(int Step, double Loss, double WeightNorm, double MomentNorm)
{
    /// <summary>Metadata key in a weights file.</summary>
    internal const string Key = "fingerprint";

    /// <summary>Steps after which a fingerprint is taken.</summary>
    internal const int At = 25;

    /// <summary>Largest relative difference between two fingerprints of the same step.</summary>
    public double Distance(PretrainingFingerprint other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Step != other.Step) return double.PositiveInfinity;
        static double Relative(double a, double b) => Math.Abs(a - b) / Math.Max(Math.Abs(b), 1e-12);
        return Math.Max(Relative(Loss, other.Loss), Math.Max(Relative(WeightNorm, other.WeightNorm), Relative(MomentNorm, other.MomentNorm)));
    }

    /// <summary>Four numbers, separated by spaces.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Step} {Loss:R} {WeightNorm:R} {MomentNorm:R}");

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">Not four numbers.</exception>
    public static PretrainingFingerprint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(' ');
        if (parts.Length != 4) throw new FormatException($"expected step, loss, weight norm and moment norm, found \"{text}\"");
        double Number(int i) => double.Parse(parts[i], CultureInfo.InvariantCulture);
        return new(int.Parse(parts[0], CultureInfo.InvariantCulture), Number(1), Number(2), Number(3));
    }
}
