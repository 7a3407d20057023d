using BranchGrpo.Kit.Notebooks.Drawing;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>One value with two faces that show the same numbers: a static picture, and an interactive Plotly figure where scripts run.</summary>
/// <param name="Title">What is to be seen.</param>
/// <param name="Subtitle">Under which setting.</param>
[TypeFormatterSource(typeof(FigureFormatters), PreferredMimeTypes = ["text/html", "text/plain"])]
public abstract record Figure(string Title, string Subtitle)
{
    /// <summary>The numbers in one or two sentences.</summary>
    internal abstract string Words { get; }

    /// <summary>Traces and layout of the interactive face as JSON; null where the picture says everything.</summary>
    public abstract string? ToPlotly();

    /// <summary>The static picture, 900 pixels wide.</summary>
    public abstract string ToSvg();

    /// <summary>Both faces: the picture, which a script replaces by the interactive figure once Plotly is there.</summary>
    public string ToHtml() => FigureHtml.Of(this);

    /// <summary>The figure in words, with its numbers.</summary>
    public sealed override string ToString() => $"{Title} ({Subtitle}). {Words}";
}
