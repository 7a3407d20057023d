using BranchGrpo.Kit.Notebooks.Drawing;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using XPlot.Plotly;
using Scene = BranchGrpo.Kit.Notebooks.Drawing.Scene;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Stacked bars whose interactive face XPlot makes.</summary>
internal sealed record TimeFigure(string Title, string Subtitle, string Saying, Scene Scene) : PanelFigure(Title, Subtitle, Saying, Scene)
{
    public override string? ToPlotly()
    {
        var panel = Scene.Panels[0];
        string[] categories = [.. panel.XTicks!.Select(t => PlotlyFace.Text(t.Text))];
        var bars = panel.Marks.OfType<Mark.Bars>().Select(b => new Bar
        {
            x = categories,
            y = PlotlyFace.Rounded(b.Height),
            name = b.Name,
            marker = new Marker { color = b.Colour },
        });
        var layout = JObject.FromObject(new XPlot.Plotly.Layout.Layout { barmode = "stack", height = Scene.Height, hovermode = "closest" }, Plain);
        layout["title"] = JToken.FromObject(PlotlyLayout.Title(Title, Subtitle));
        layout["xaxis"] = JToken.FromObject(new { tickangle = 0 });
        layout["yaxis"] = JToken.FromObject(new { title = new { text = panel.YTitle } });
        layout["margin"] = JToken.FromObject(new { t = PlotlyLayout.Top(Title, Subtitle), r = 20, b = panel.BottomRoom + 14, l = 70 });
        return JsonConvert.SerializeObject(new { data = bars, layout }, Formatting.None);
    }

    private static readonly JsonSerializer Plain = JsonSerializer.Create();
}
