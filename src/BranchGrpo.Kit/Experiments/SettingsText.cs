using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace BranchGrpo.Kit;

/// <summary>Spells a settings value out, every property of every part, so that two recipes with the same text are the same recipe.</summary>
public static class SettingsText
{
    /// <summary>The public properties of a value by name, parts in braces, lists in brackets; text and numbers as they are.</summary>
    public static string Of(object? value) => value switch
    {
        null => "none",
        string or Enum or bool => value.ToString()!,
        double number => number.ToString("G15", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        NoiseSchedule schedule => Of(schedule.Sigmas.ToArray()),
        ITuple tuple => "(" + string.Join(", ", Enumerable.Range(0, tuple.Length).Select(i => Of(tuple[i]))) + ")",
        IEnumerable list => "[" + string.Join(", ", list.Cast<object?>().Select(Of)) + "]",
        _ => Join(value.GetType().Name, Parts(value)),
    };

    /// <summary>Name and spelled-out value of each settable property; properties that are computed from others are left out.</summary>
    public static IEnumerable<(string Name, string Text)> Parts(object value) => value.GetType()
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(p => p.GetIndexParameters().Length == 0 && (p.CanWrite || IsStored(p)))
        .Select(p => (p.Name, Of(p.GetValue(value))));

    private static string Join(string name, IEnumerable<(string Name, string Text)> parts)
    {
        var text = string.Join(", ", parts.Select(p => $"{p.Name} = {p.Text}"));
        return text.Length == 0 ? name : $"{name} {{ {text} }}";
    }

    private static bool IsStored(PropertyInfo p) =>
        p.DeclaringType!.GetField($"<{p.Name}>k__BackingField", BindingFlags.NonPublic | BindingFlags.Instance) is not null;
}
