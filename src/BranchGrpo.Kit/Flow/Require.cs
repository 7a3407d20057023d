using System.Runtime.CompilerServices;

namespace BranchGrpo.Kit;

/// <summary>Checks of arguments and settings: returns the value, or says what was expected and what came.</summary>
internal static class Require
{
    public static int AtLeast(int value, int minimum, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value >= minimum ? value : throw new ArgumentOutOfRangeException(name, value, $"must be at least {minimum}");

    public static double Positive(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        double.IsFinite(value) && value > 0 ? value : throw new ArgumentOutOfRangeException(name, value, "must be positive and finite");

    public static double NotNegative(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        double.IsFinite(value) && value >= 0 ? value : throw new ArgumentOutOfRangeException(name, value, "must be finite and not negative");

    public static double Fraction(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is > 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(name, value, "must be in (0, 1]");
}
