using ScottPlot;
using ScottPlot.Rendering.RenderActions;
using SkiaSharp;

namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>Draws a panel with ScottPlot.</summary>
internal sealed class PanelPainter(ColourScale? scale)
{
    /// <summary>Draws a panel into a rectangle of the picture.</summary>
    /// <remarks>The y-axis has words where at least 40 pixels are left of the data. Returns the way from data coordinates to pixels.</remarks>
    public Func<double, double, SKPoint> Paint(SKCanvas canvas, Panel panel, PixelRect place, (double From, double To) y, int left)
    {
        using var plot = new Plot();
        plot.RenderManager.ClearCanvasBeforeEachRender = false;
        plot.RenderManager.Remove<RenderFigureBackground>();
        plot.RenderManager.Remove<RenderDataBackground>();
        plot.Font.Set(Ink.Family);
        var hasWords = panel.HasY && left >= 40;
        Style(plot, panel, hasWords);
        foreach (var mark in panel.Marks) new MarkPainter(plot, scale).Add(mark);
        var x = panel.XBounds;
        plot.Axes.SetLimits(x.From, x.To, y.From, y.To);
        plot.Layout.Fixed(new PixelPadding(left, 4, panel.BottomRoom, panel.Title.Length > 0 ? 26 : 8));
        plot.RenderInMemory((int)place.Width, (int)place.Height);              // a plot's first rendering draws everything twice
        plot.Render(canvas, place);
        var data = plot.LastRender.DataRect;
        return (dx, dy) => new SKPoint(
            (float)(data.Left + ((dx - x.From) / (x.To - x.From) * data.Width)),
            (float)(data.Bottom - ((dy - y.From) / (y.To - y.From) * data.Height)));
    }

    private static void Style(Plot plot, Panel panel, bool hasWords)
    {
        var ink = Color.FromHex("#333333");
        plot.Grid.MajorLineColor = Color.FromHex(panel.HasY ? "#E4E4E4" : "#FFFFFF");
        plot.Axes.Right.IsVisible = plot.Axes.Top.IsVisible = false;
        plot.Title(panel.Title, 13);
        plot.Axes.Title.Label.Bold = false;
        plot.XLabel(panel.XTitle, 13);
        plot.YLabel(hasWords ? panel.YTitle : "", 13);
        foreach (IAxis axis in new IAxis[] { plot.Axes.Bottom, plot.Axes.Left })
        {
            axis.FrameLineStyle.Color = axis.MajorTickStyle.Color = ink;
            axis.TickLabelStyle.FontSize = 12;
            axis.TickLabelStyle.ForeColor = ink;
            axis.MinorTickStyle.Length = 0;
        }
        plot.Axes.Left.TickLabelStyle.OffsetY = 3;                             // ScottPlot centres on the line, not on the letters
        plot.Axes.Bottom.Label.Bold = plot.Axes.Left.Label.Bold = false;
        plot.Axes.Bottom.Label.ForeColor = plot.Axes.Left.Label.ForeColor = plot.Axes.Title.Label.ForeColor = ink;
        if (panel.XTicks is { } ticks) plot.Axes.Bottom.SetTicks([.. ticks.Select(t => t.At)], [.. ticks.Select(t => t.Text)]);
        if (panel.YTicks is { } rows) plot.Axes.Left.SetTicks([.. rows.Select(t => t.At)], [.. rows.Select(t => t.Text)]);
        if (hasWords) return;
        plot.Axes.Left.TickLabelStyle.IsVisible = false;
        plot.Axes.Left.MajorTickStyle.Length = 0;
        if (!panel.HasY) plot.Axes.Left.FrameLineStyle.Width = 0;
    }
}
