namespace BranchGrpo.Cli.Report;

/// <summary>One value with two faces that show the same numbers: an interactive Plotly figure and a static picture.</summary>
/// <param name="Title">What is to be seen.</param>
/// <param name="Subtitle">Under which setting.</param>
internal abstract record Figure(string Title, string Subtitle)
{
    protected const int Width = 960, Height = 420;

    /// <summary>Traces and layout of the Plotly figure, to be serialised.</summary>
    public abstract (object[] Data, object Layout) ToPlotly();

    /// <summary>The static picture.</summary>
    public abstract string ToSvg();

    protected object PlotlyTitle => new { text = $"{Title}<br><sub>{Subtitle}</sub>", x = 0.02 };

    protected static double[] Rounded(IEnumerable<double> values) => [.. values.Select(v => v == 0 ? 0 : double.Parse(v.ToString("G6")))];

    protected void DrawHead(Svg svg, IEnumerable<(string Name, string Colour, bool Dashed)> legend)
    {
        svg.Text(20, 24, Title, size: 16);
        svg.Text(20, 42, Subtitle);
        var y = 74;
        foreach (var (name, colour, dashed) in legend)
        {
            svg.Line([(Width - 170, y - 4), (Width - 146, y - 4)], colour, 3, dashed);
            svg.Text(Width - 140, y, name);
            y += 20;
        }
    }
}
