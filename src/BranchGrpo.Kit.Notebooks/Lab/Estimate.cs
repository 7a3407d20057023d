using System.Globalization;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>A measured number with its standard error.</summary>
/// <param name="Value">The estimate.</param>
/// <param name="Error">Standard error; NaN where too little was measured to tell.</param>
public readonly record struct Estimate(double Value, double Error)
{
    /// <summary>The same in another unit.</summary>
    public static Estimate operator *(Estimate estimate, double factor) => new(estimate.Value * factor, estimate.Error * Math.Abs(factor));

    /// <summary>The other order.</summary>
    public static Estimate operator *(double factor, Estimate estimate) => estimate * factor;

    /// <summary>Whether this lies above another by more than so many standard errors of their difference; false where an error is not known.</summary>
    /// <param name="other">Measured independently.</param>
    /// <param name="errors">How many.</param>
    public bool IsAbove(Estimate other, double errors = 2) =>
        Value - other.Value > errors * Math.Sqrt((Error * Error) + (other.Error * other.Error));

    /// <summary>E.g. "25.1 ± 3.2"; without an error where it is not known.</summary>
    public override string ToString() => ToString("0.0");

    /// <summary>The same in a number format.</summary>
    public string ToString(string format) => Value.ToString(format, CultureInfo.InvariantCulture)
        + (double.IsFinite(Error) ? " ± " + Error.ToString(format, CultureInfo.InvariantCulture) : "");
}
