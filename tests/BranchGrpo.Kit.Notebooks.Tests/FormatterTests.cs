using Microsoft.Data.Analysis;
using Microsoft.DotNet.Interactive.Formatting;
using TorchSharp;

namespace BranchGrpo.Kit.Notebooks.Tests;

public sealed class FormatterTests
{
    public FormatterTests()
    {
        _ = typeof(Formatter).Assembly;
        Lab.Start();
    }

    [Fact]
    public void Values_of_the_kit_show_themselves_as_html_and_text()
    {
        using var tree = MadeUp.Tree();
        using var tensor = torch.arange(6).reshape(2, 3);
        var recipe = Recipes.Find("BranchGRPO", Geometry.Quick);
        (object Value, string Html, string Text)[] shown =
        [
            (MadeUp.Comparison.Alignment(), "<img alt=", "Test reward"), (MadeUp.Comparison, "<table", "DanceGRPO"), (tree, "<img alt=", "16 leaves"),
            (MadeUp.Credit(tree), "<img alt=", "advantage"), (tree.Plan, "<table", "splits 0×2"), (recipe, "<table", "BranchGRPO"),
            (CostModel.Of(recipe), "<table", "leaves"), (MadeUp.Record(20, 1, 0.01), "<table", "0.700"), (tensor, "<pre", "[3"),
            (Claim.Holds("One is one.", true, "1 = 1"), "<b>One is one.</b>", "✔ One is one."),
        ];
        Assert.All(shown, s =>
        {
            Assert.Equal("text/html", Formatter.GetPreferredMimeTypesFor(s.Value.GetType()).First());
            Assert.Contains(s.Html, s.Value.ToDisplayString("text/html"));
            Assert.Contains(s.Text, s.Value.ToDisplayString("text/plain"));
        });
    }

    [Fact]
    public void Numbers_stand_to_the_right_and_text_to_the_left()
    {
        var frame = new DataFrame(new StringDataFrameColumn("name", ["a<b", "c"]), new DoubleDataFrameColumn("value", [0.123456, 250.04]),
            new StringDataFrameColumn("score", ["**0.765 ± 0.017**", "0.7"]));
        var html = frame.ToDisplayString("text/html");
        Assert.Matches("left\">a&lt;b</td><td style=\"[^\"]*right\">0.1235</td><td style=\"[^\"]*right\"><b>0.765 &#177; 0.017</b></td>", html);
        Assert.Contains(">250</td>", html);
    }

    [Fact]
    public void Tables_of_comparisons_mark_what_the_best_one_reaches()
    {
        var table = MadeUp.Comparison.Table();
        Assert.InRange(table.Columns.Count, 3, 7);
        Assert.Equal("DanceGRPO", table.Columns[0][0]);
        Assert.Equal("0.50 (0.33×)", table.Columns[2][1]);
        Assert.Equal(["**0.622 ± 0.002**", "0.593 ± 0.004"], Enumerable.Range(0, 2).Select(i => (string)table.Columns[3][i]));
        Assert.Equal(["0.622 ± 0.002", "**0.779 ± 0.013**"], Enumerable.Range(0, 2).Select(i => (string)table.Columns[4][i]));
    }

    [Fact]
    public void A_disposed_tensor_and_a_large_one_have_a_form()
    {
        using var large = torch.zeros(100, 100);
        Assert.Contains("mean 0", large.ToDisplayString("text/plain"));
        var gone = torch.zeros(1);
        gone.Dispose();
        Assert.Contains("disposed", gone.ToDisplayString("text/html"));
    }

    [Fact]
    public void The_first_line_brings_plotly_only_where_it_is_asked_to()
    {
        var before = Environment.GetEnvironmentVariable(PlotlySource.Variable);
        try
        {
            Environment.SetEnvironmentVariable(PlotlySource.Variable, "cdn");
            Assert.InRange(Lab.Start().ToDisplayString("text/html").Length, 20, 1000);
            Environment.SetEnvironmentVariable(PlotlySource.Variable, "embed");
            Assert.Contains("plotly.js v2.28", Lab.Start().ToDisplayString("text/html"));
            Assert.Contains("preset", Lab.Start().ToDisplayString("text/plain"));
        }
        finally
        {
            Environment.SetEnvironmentVariable(PlotlySource.Variable, before);
        }
    }
}
