using System.Globalization;
using Microsoft.FSharp.Collections;
using Newtonsoft.Json;
using Plotly.NET;

namespace BranchGrpo.Kit.Notebooks.Drawing;

/// <summary>A scene as a Plotly figure, made with Plotly.NET.</summary>
internal static class PlotlyFace
{
    /// <summary>Traces and layout as JSON.</summary>
    public static string ToJson(string title, string subtitle, Scene scene)
    {
        var traces = new List<Trace>();
        var layout = new PlotlyLayout(title, subtitle, scene);
        for (var p = 0; p < scene.Panels.Count; p++)
        {
            foreach (var mark in scene.Panels[p].Marks)
            {
                foreach (var trace in PlotlyMarks.Of(mark, scene.Scale, isFirst: p == 0))
                {
                    if (p > 0) trace.SetProperty("xaxis", "x" + (p + 1));
                    if (p > 0 && !scene.HasSharedY) trace.SetProperty("yaxis", "y" + (p + 1));
                    traces.Add(trace);
                }
                layout.Add(mark, p);
            }
        }
        var chart = GenericChart.setLayout(layout.ToLayout(), GenericChart.ofTraceObjects(false, ListModule.OfSeq(traces)));
        return JsonConvert.SerializeObject(new { data = GenericChart.getTraces(chart), layout = GenericChart.getLayout(chart) });
    }

    /// <summary>Numbers in four digits; null for a gap.</summary>
    public static double?[] Rounded(IEnumerable<double> values) => [.. values.Select(Rounded)];

    public static double? Rounded(double value) => !double.IsFinite(value) ? null : value == 0 ? 0
        : double.Parse(value.ToString(Math.Abs(value) < 1000 ? "G4" : "G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>Words as Plotly takes them: it knows few entities.</summary>
    public static string Text(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\n", "<br>");
}
