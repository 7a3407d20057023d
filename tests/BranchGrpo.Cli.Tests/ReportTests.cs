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
        Assert.DoesNotMatch(@"src=(?!""data:image/png;base64,)", own);
        Assert.InRange(Html.Length, 3_000_000, 6_000_000);
    }

    [Fact]
    public void Both_faces_of_every_figure_are_finite()
    {
        var figures = ComparisonFigures.Of(Made, "setting");
        Assert.Equal(6, figures.Count);
        Assert.All(figures, figure =>
        {
            Assert.DoesNotMatch(@"NaN|∞|Infinity", figure.ToSvg());
            Assert.Contains("</svg>", figure.ToSvg());
            JsonSerializer.Serialize(figure.ToPlotly().Data);                   // throws on NaN and infinity
        });
        using var json = JsonDocument.Parse(FiguresScript().Match(Html).Groups[1].Value);
        Assert.Equal(6, json.RootElement.GetArrayLength());
    }

    [Fact]
    public void Curves_end_where_the_runs_end_and_carry_their_values()
    {
        var (data, _) = ComparisonFigures.Of(Made, "setting")[1].ToPlotly();
        using var json = JsonDocument.Parse(JsonSerializer.Serialize(data));
        var branch = json.RootElement.EnumerateArray().Last(t => t.TryGetProperty("name", out var name) && name.GetString() == "BranchGRPO");
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
        Assert.Contains("<svg", still);
        foreach (var line in Verdict.Lines(Made)) Assert.Contains(System.Net.WebUtility.HtmlEncode(line), still);
    }

    [Theory]
    [InlineData(0, 1, 6)]
    [InlineData(0.571, 0.873, 6)]
    [InlineData(0, 45, 5)]
    public void Ticks_are_few_and_inside(double from, double to, int most)
    {
        var ticks = Svg.Ticks(from, to).ToArray();
        Assert.InRange(ticks.Length, 3, most);
        Assert.All(ticks, t => Assert.InRange(t, from - 1e-9, to + 1e-9));
    }

    [GeneratedRegex(@"<script>/\*\*.*?</script>", RegexOptions.Singleline)]
    private static partial Regex PlotlyScript();

    [GeneratedRegex(@"<script type=""application/json"" id=""figures"">(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex FiguresScript();
}
