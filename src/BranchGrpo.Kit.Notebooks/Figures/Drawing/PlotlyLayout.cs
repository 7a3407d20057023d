using Plotly.NET;

namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>Axes, titles and words of a Plotly figure.</summary>
internal sealed class PlotlyLayout(string title, string subtitle, Scene scene)
{
    private readonly List<object> annotations = [], images = [];
    private readonly (double From, double To)[] domains = Domains(scene);

    /// <summary>What a mark leaves to the layout: pictures and words.</summary>
    public void Add(Mark mark, int panel)
    {
        var (x, y) = (panel == 0 ? "x" : "x" + (panel + 1), panel == 0 || scene.HasSharedY ? "y" : "y" + (panel + 1));
        if (mark is Mark.Thumbnails pictures) AddPictures(pictures, panel, x, y);
        if (mark is Mark.Labels labels)
            for (var i = 0; i < labels.Texts.Length; i++) annotations.Add(Label(labels, i, x, y));
    }

    public Layout ToLayout()
    {
        for (var p = 0; p < scene.Panels.Count; p++)
            if (scene.Panels[p].Title.Length > 0)
                annotations.Add(new
                {
                    text = PlotlyFace.Text(scene.Panels[p].Title),
                    xref = "paper",
                    yref = "paper",
                    x = PlotlyFace.Rounded((domains[p].From + domains[p].To) / 2),
                    y = 1,
                    xanchor = "center",
                    yanchor = "bottom",
                    showarrow = false,
                    font = new { size = 13 },
                });
        var layout = new Layout();
        layout.SetProperty("title", Title(title, subtitle));
        layout.SetProperty("height", scene.Height + 20);
        layout.SetProperty("margin", new { t = Top(title, subtitle), r = 20, b = scene.Panels[0].BottomRoom + 6, l = scene.Panels[0].LeftRoom + 6 });
        layout.SetProperty("font", new { size = 12, color = "#333333" });
        layout.SetProperty("paper_bgcolor", "#ffffff");
        layout.SetProperty("plot_bgcolor", "#ffffff");
        layout.SetProperty("hovermode", "closest");
        layout.SetProperty("legend", new { tracegroupgap = 0 });
        if (scene.Scale is not null) layout.SetProperty("showlegend", false);
        layout.SetProperty("barmode", "overlay");
        for (var p = 0; p < scene.Panels.Count; p++) AddAxes(layout, p);
        if (annotations.Count > 0) layout.SetProperty("annotations", annotations);
        if (images.Count > 0) layout.SetProperty("images", images);
        return layout;
    }

    /// <summary>Title and subtitle, broken as in the picture.</summary>
    public static object Title(string title, string subtitle)
    {
        var head = string.Join("<br>", Ink.Wrap(title, 16, Scene.Width - 40, bold: true).Select(PlotlyFace.Text));
        var foot = string.Join("<br>", Ink.Wrap(subtitle, 12.5f, Scene.Width - 40).Select(PlotlyFace.Text));
        return new
        {
            text = $"<b>{head}</b><br><span style=\"font-size:12.5px\">{foot}</span>",
            x = 0.015,
            y = 1,
            yanchor = "top",
            pad = new { t = 16 },
            font = new { size = 16 },
        };
    }

    /// <summary>Pixels above the panels.</summary>
    public static int Top(string title, string subtitle) => StaticFace.HeadHeight(title, subtitle) + 42;

    private void AddAxes(Layout layout, int p)
    {
        var (panel, number) = (scene.Panels[p], p == 0 ? "" : $"{p + 1}");
        var x = Axis(panel.XTitle, panel.XBounds, panel.XTicks);
        x["domain"] = new[] { PlotlyFace.Rounded(domains[p].From), PlotlyFace.Rounded(domains[p].To) };
        if (p > 0 && !scene.HasSharedY) x["anchor"] = "y" + number;
        layout.SetProperty("xaxis" + number, x);
        if (p > 0 && scene.HasSharedY) return;
        var range = scene.HasSharedY ? Bounds.Union(scene.Panels.Select(q => q.YBounds)) : panel.YBounds;
        var y = Axis(panel.YTitle, range, panel.YTicks);
        if (p > 0) y["anchor"] = "x" + number;
        if (!panel.HasY) y["visible"] = false;
        layout.SetProperty("yaxis" + number, y);
    }

    private static Dictionary<string, object> Axis(string title, (double From, double To) range, IReadOnlyList<(double At, string Text)>? ticks)
    {
        var axis = new Dictionary<string, object>
        {
            ["title"] = new { text = PlotlyFace.Text(title), font = new { size = 13 } },
            ["range"] = PlotlyFace.Rounded([range.From, range.To]),
            ["gridcolor"] = "#e4e4e4",
            ["zeroline"] = false,
            ["linecolor"] = "#333333",
            ["ticks"] = "outside",
        };
        if (ticks is null) return axis;
        axis["tickangle"] = 0;
        axis["tickvals"] = PlotlyFace.Rounded(ticks.Select(t => t.At));
        axis["ticktext"] = ticks.Select(t => PlotlyFace.Text(t.Text)).ToArray();
        return axis;
    }

    private static object Label(Mark.Labels labels, int i, string x, string y) => new
    {
        text = PlotlyFace.Text(labels.Texts[i]),
        x = PlotlyFace.Rounded(labels.X[i]),
        y = PlotlyFace.Rounded(labels.Y[i]),
        xref = x,
        yref = y,
        xanchor = labels.IsCentred ? "center" : "left",
        yanchor = labels.IsCentred ? "bottom" : "middle",
        xshift = labels.Shift,
        showarrow = false,
        font = new { size = 12, color = labels.Colour },
    };

    // A source "#3" stands for the picture's fourth thumbnail, so that a page holds each once.
    private void AddPictures(Mark.Thumbnails pictures, int panel, string x, string y)
    {
        var ((x0, x1), (y0, y1)) = (scene.Panels[panel].XBounds, scene.Panels[panel].YBounds);
        var perPixel = (X: (x1 - x0) / (Scene.Width * (domains[panel].To - domains[panel].From) * 0.87), Y: (y1 - y0) / (scene.Height - 125));
        for (var i = 0; i < pictures.Sources.Length; i++)
            images.Add(new
            {
                source = $"#{images.Count}",
                x = PlotlyFace.Rounded(pictures.X[i]),
                y = PlotlyFace.Rounded(pictures.Y[i]),
                xref = x,
                yref = y,
                sizex = PlotlyFace.Rounded(pictures.Size * perPixel.X),
                sizey = PlotlyFace.Rounded(pictures.Size * perPixel.Y),
                xanchor = "center",
                yanchor = "middle",
            });
    }

    private static (double, double)[] Domains(Scene scene)
    {
        var (n, gap) = (scene.Panels.Count, scene.HasSharedY ? 0.03 : 0.08);
        var width = (1 - (gap * (n - 1))) / n;
        return [.. Enumerable.Range(0, n).Select(i => (i * (width + gap), (i * (width + gap)) + width))];
    }
}
