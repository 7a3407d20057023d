using ScottPlot;
using SkiaSharp;

namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>A plottable that draws itself with a function: for shapes of which there are hundreds.</summary>
internal sealed class Inked(Action<SKCanvas, Func<double, double, SKPoint>> draw) : IPlottable
{
    public bool IsVisible { get; set; } = true;

    public IAxes Axes { get; set; } = new Axes();

    public IEnumerable<LegendItem> LegendItems => [];

    public AxisLimits GetAxisLimits() => AxisLimits.NoLimits;

    public void Render(RenderPack pack) => draw(pack.Canvas, (x, y) =>
    {
        var pixel = Axes.GetPixel(new Coordinates(x, y));
        return new SKPoint(pixel.X, pixel.Y);
    });
}
