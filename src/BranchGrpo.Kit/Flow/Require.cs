using System.Runtime.CompilerServices;

namespace BranchGrpo.Kit;

/// <summary>Checks of arguments and settings: returns the value, or says what was expected and what came. In an accessor, whose argument is always
/// called value, the error names the property.</summary>
internal static class Require
{
    public static int AtLeast(
        int value, int minimum, [CallerArgumentExpression(nameof(value))] string name = "", [CallerMemberName] string member = "") =>
        value >= minimum ? value : throw Refused(value, name, member, $"must be at least {minimum}");

    public static double Positive(
        double value, [CallerArgumentExpression(nameof(value))] string name = "", [CallerMemberName] string member = "") =>
        double.IsFinite(value) && value > 0 ? value : throw Refused(value, name, member, "must be positive and finite");

    public static double NotNegative(
        double value, [CallerArgumentExpression(nameof(value))] string name = "", [CallerMemberName] string member = "") =>
        double.IsFinite(value) && value >= 0 ? value : throw Refused(value, name, member, "must be finite and not negative");

    public static double Fraction(
        double value, [CallerArgumentExpression(nameof(value))] string name = "", [CallerMemberName] string member = "") =>
        value is > 0 and <= 1 ? value : throw Refused(value, name, member, "must be in (0, 1]");

    private static ArgumentOutOfRangeException Refused(object value, string name, string member, string expected) =>
        new(name is "value" or "value.Value" ? member : name, value, expected);
}
