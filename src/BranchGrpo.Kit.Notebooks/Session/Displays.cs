using Microsoft.AspNetCore.Html;
using Microsoft.DotNet.Interactive.Formatting;

namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>What cells call to show values; imported into every session.</summary>
public static class Displays
{
    /// <summary>Shows a value.</summary>
    /// <param name="value">Anything.</param>
    /// <param name="mimeTypes">Its forms; those that its type prefers if none is given.</param>
    /// <returns>By which the display can be changed.</returns>
    public static UpdatableDisplay display(object? value, params string[] mimeTypes) => new(value, mimeTypes);

    /// <summary>Shows a value.</summary>
    public static UpdatableDisplay Display<T>(this T value, params string[] mimeTypes) => new(value, mimeTypes);

    /// <summary>Text that is HTML already.</summary>
    public static IHtmlContent HTML(string content) => new HtmlString(content);

    /// <summary>Asks the reader for a line.</summary>
    /// <exception cref="NotSupportedException">Nobody is there to answer.</exception>
    public static Task<string> GetInputAsync(string prompt = "") => Task.FromResult(Cell.Input(prompt, password: false));

    /// <summary>Asks the reader for a line without showing what is typed.</summary>
    /// <exception cref="NotSupportedException">Nobody is there to answer.</exception>
    public static Task<string> GetPasswordAsync(string prompt = "") => Task.FromResult(Cell.Input(prompt, password: true));

    /// <summary>Removes what the cell has shown so far.</summary>
    /// <param name="wait">Only when the next output comes.</param>
    public static void ClearOutput(bool wait = false) => Cell.Clear(wait);

    /// <summary>A value in the forms that its type prefers, as the .NET Interactive kernel gives it.</summary>
    internal static MimeBundle Bundle(object? value, params string[] mimeTypes)
    {
        var forms = value switch
        {
            FormattedValue one => [one],
            IEnumerable<FormattedValue> many => [.. many],
            _ => FormattedValue.CreateManyFromObject(value, mimeTypes),
        };
        var data = forms.GroupBy(f => f.MimeType).ToDictionary(g => g.Key, g => g.First().Value);
        // Front ends without HTML show this form.
        if (mimeTypes.Length == 0 && value is not (FormattedValue or IEnumerable<FormattedValue> or IHtmlContent))
            data.TryAdd(Plain, value.ToDisplayString(Plain));
        return new(data);
    }

    private const string Plain = "text/plain";

    internal static ICellOutput Cell => CellConsole.Running ?? throw new InvalidOperationException("Only a cell of a notebook can show and ask.");
}

/// <summary>A shown value that can be changed where it stands.</summary>
public sealed class UpdatableDisplay
{
    private readonly string[] mimeTypes;

    internal UpdatableDisplay(object? value, string[] mimeTypes)
    {
        this.mimeTypes = mimeTypes;
        Displays.Cell.Display(Displays.Bundle(value, mimeTypes), DisplayId);
    }

    /// <summary>Identifies the display to front ends.</summary>
    public string DisplayId { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Shows another value in its place.</summary>
    public void Update(object? value) => Displays.Cell.Update(Displays.Bundle(value, mimeTypes), DisplayId);
}
