using System.Text.Json;
using System.Text.RegularExpressions;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Cli.Report;
using Xunit;

namespace BranchGrpo.Cli.Tests;

public sealed partial class ReportTests
{
    private static readonly Comparison Made = new(
    [
        MadeUpRuns.Method("DanceGRPO", 30, 1.5, 0.004, 0.0041), MadeUpRuns.Method("BranchGRPO", 90, 0.5, 0.003, 0.0032),
    ], 45);

    private static readonly string Html = HtmlReport.Of(Made, "Title & <tag>", "setting", "{\"a\": 1}", [("missing", "/no/such/file.png")]);

    [Fact]
    public void Loads_nothing_from_elsewhere()
    {
        var own = PlotlyScript().Replace(Html, "");
        Assert.True(own.Length < 400_000, $"{own.Length} characters besides Plotly");
        Assert.DoesNotContain("http:", own);
        Assert.DoesNotContain("https:", own);
        Assert.DoesNotMatch(@"<(link|iframe|object|embed)\b", own);
        Assert.DoesNotMatch(@"\ssrc=(?!""data:image/(png|svg\+xml);base64,)", own);
        Assert.InRange(Html.Length, 3_000_000, 6_000_000);
    }

    [Fact]
    public void Both_faces_of_every_figure_are_finite()
    {
        var figures = HtmlReport.Figures(Made, "setting");
        Assert.Equal(6, figures.Count);
        Assert.All(figures, figure =>
        {
            Assert.DoesNotMatch(@"NaN|∞|Infinity", figure.ToSvg() + figure.ToPlotly());
            Assert.EndsWith("</svg>", figure.ToSvg());
            Assert.Contains(figure.ToPlotly()!.Replace("</", "<\\/"), Html);
            Assert.Contains(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(figure.ToSvg())), Html);
        });
    }

    [Fact]
    public void Curves_end_where_the_runs_end_and_carry_their_values()
    {
        using var json = JsonDocument.Parse(HtmlReport.Figures(Made, "setting")[1].ToPlotly()!);
        var branch = json.RootElement.GetProperty("data").EnumerateArray()
            .Last(t => t.TryGetProperty("name", out var name) && name.GetString() == "BranchGRPO");
        Assert.Equal(45, branch.GetProperty("x").EnumerateArray().Last().GetDouble());
        Assert.Equal(0.779, branch.GetProperty("y").EnumerateArray().Last().GetDouble(), 4);
        Assert.Equal("x2", branch.GetProperty("xaxis").GetString());
    }

    [Fact]
    public void Says_everything_without_scripts()
    {
        var still = PlotlyScript().Replace(Html, "");
        Assert.Contains("Title &amp; &lt;tag&gt;", still);
        Assert.Contains(System.Net.WebUtility.HtmlEncode("0.779 ± 0.013"), still);
        Assert.Equal(6, still.Split("<img alt=").Length - 1);
        foreach (var line in Verdict.Lines(Made)) Assert.Contains(System.Net.WebUtility.HtmlEncode(line), still);
    }

    [GeneratedRegex(@"<script type=""text/javascript"">\(function\(define.*?</script>", RegexOptions.Singleline)]
    private static partial Regex PlotlyScript();
}
