using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using BranchGrpo.Kit.Notebooks.Drawing;
using TorchSharp;

namespace BranchGrpo.Kit.Notebooks.Tests;

public sealed partial class FigureTests : IDisposable
{
    private readonly RolloutTree tree = MadeUp.Tree();

    public void Dispose() => tree.Dispose();

    private static SignalToNoise[] Signals(double error) =>
        [.. new[] { SignalTableTests.Made("DanceGRPO", 9, 0.02), SignalTableTests.Made("BranchGRPO & more", 3, 0.1) }.Select(s => new SignalToNoise
        {
            Name = s.Name, Iterations = s.Iterations, ForwardUnits = s.ForwardUnits, Seconds = s.Seconds, Plain = s.Plain, Adam = s.Adam with { Error = error },
            Steps = [.. s.Steps.Select(step => step with { Adam = step.Adam with { Error = error } })],
        })];

    [Fact]
    public void Every_kind_has_two_faces_words_and_readable_text()
    {
        var credit = MadeUp.Credit(tree);
        Figure[] figures =
        [
            MadeUp.Comparison.Alignment(), MadeUp.Comparison.Time(), MadeUp.Comparison.Evaluations(), MadeUp.Comparison.Dots("verifier"),
            MadeUp.Comparison.RewardAgainst("kl"), MadeUp.Comparison.RewardAgainst("rmse"), Figures.Field("fields", "", ("depth", credit)),
            Figures.Lines("l", "s", "x", "y", new Line("a & b", [0, 1, 2], [1, double.NaN, 3])),
            Figures.Bars("b", "s", "y", ["one", "two"], false, ("p", [1, 2]), ("q", [0, -1])),
            Signals(double.NaN).SignalToNoise(), Signals(0.01).SignalToNoise(), Signals(double.NaN).SignalBySteps(), Signals(0.01).SignalBySteps(),
            tree.Draw(), tree.Draw(TreeColour.Advantage, credit),
            Figures.Leaves([MadeUp.Leaves("BranchGRPO"), MadeUp.Leaves("BranchGRPO scaled 4", 0.3, 1.3, 0.005), MadeUp.Leaves("one")]),
        ];
        Assert.All(figures, figure =>
        {
            var (svg, html) = (figure.ToSvg(), figure.ToHtml());
            Assert.Equal("900", XDocument.Parse(svg).Root!.Attribute("width")!.Value);
            Assert.All(FontSize().Matches(svg), m => Assert.True(double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture) >= 12, m.Value));
            Assert.DoesNotMatch("NaN|Infinity|∞", svg + html);
            Assert.Contains("src=\"data:image/svg+xml;base64," + Convert.ToBase64String(Encoding.UTF8.GetBytes(svg)), html);
            Assert.Contains(PlotlySource.Address, html);
            Assert.InRange(html.Length, 3000, 60_000);
            Assert.Contains(figure.Title, figure.ToString());
            Assert.EndsWith(".", figure.ToString());
            Assert.Equal(html, figure.ToHtml());                                // committed outputs do not change by themselves
        });
    }

    [Fact]
    public void Both_faces_show_the_same_numbers()
    {
        double[] x = [0, 1, 2.5, 4, 7], y = [0.31, 0.305, 0.42, 0.6, 0.11];
        var figure = Figures.Lines("t", "s", "x", "y", new Line("line", x, y, Colour: "#123456"));
        using var json = JsonDocument.Parse(figure.ToPlotly()!);
        var trace = json.RootElement.GetProperty("data")[0];
        Assert.Equal(x, Numbers(trace.GetProperty("x")));
        Assert.Equal(y, Numbers(trace.GetProperty("y")));
        var path = Regex.Match(figure.ToSvg(), "stroke=\"#123456\" stroke-width=\"2\" d=\"M([^\"]+)\"").Groups[1].Value;
        double[][] pixels = [.. path.Split('L').Select(p => p.Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray())];
        Assert.Equal(x.Length, pixels.Length);
        Assert.All(Enumerable.Range(0, x.Length), i =>
        {
            Assert.Equal(Between(x[0], x[4], pixels[0][0], pixels[4][0], x[i]), pixels[i][0], 0.2);
            Assert.Equal(Between(y[3], y[4], pixels[3][1], pixels[4][1], y[i]), pixels[i][1], 0.2);
        });
    }

    [Fact]
    public void A_tree_shows_its_nodes_edges_and_pictures()
    {
        var credit = MadeUp.Credit(tree);
        var kept = new PruningRule.ExtremeLeaves(1).Keep(credit, credit.DepthFirst());
        var figure = tree.Draw(TreeColour.Advantage, credit, kept, prompt: 1);
        int[] nodes = [.. Enumerable.Range(0, tree.Count).Where(i => tree.Prompt[i] == 1)];
        using var json = JsonDocument.Parse(figure.ToPlotly()!);
        var data = json.RootElement.GetProperty("data").EnumerateArray().ToArray();
        var dots = data.Where(t => t.GetProperty("mode").GetString() == "markers").ToArray();
        Assert.Equal(nodes.Length, dots.Sum(t => t.GetProperty("x").GetArrayLength()));
        var advantages = dots.SelectMany(t => Numbers(t.GetProperty("marker").GetProperty("color"))).Order().ToArray();
        Assert.All(advantages.Zip(nodes.Select(i => credit.Advantage[i]).Order()), p => Assert.Equal(p.Second, p.First, 0.006));
        Assert.Equal(["SDE step, pruned", "SDE step, kept"], data.Take(2).Select(t => t.GetProperty("name").GetString()));
        Assert.Equal(31, json.RootElement.GetProperty("layout").GetProperty("images").GetArrayLength());    // 15 splits, 16 leaves
        Assert.Equal(31, figure.ToSvg().Split("data:image/webp").Length - 1);
        Assert.Contains($"{kept.Count(i => tree.Prompt[i] == 1)} of {nodes.Length - 1} edges kept", figure.Title);
        Assert.Contains(tree.Prompts[1], figure.Subtitle);
    }

    [Fact]
    public void Lines_of_a_tree_run_over_every_edge_once()
    {
        using var json = JsonDocument.Parse(tree.Draw(thumbnails: false).ToPlotly()!);
        var lines = json.RootElement.GetProperty("data").EnumerateArray().Where(t => t.GetProperty("mode").GetString() == "lines").ToArray();
        var length = 0.0;                                                       // in depths: one per edge
        foreach (var line in lines)
        {
            var x = line.GetProperty("x").EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? double.NaN : v.GetDouble()).ToArray();
            length += x.Zip(x.Skip(1)).Where(p => double.IsFinite(p.First) && double.IsFinite(p.Second)).Sum(p => p.Second - p.First);
        }
        Assert.Equal(tree.Prompt.Index().Count(n => n.Item == 0 && tree.Parent[n.Index] >= 0), length, 1e-9);
    }

    [Fact]
    public void A_field_has_each_leafs_way_down_from_the_root()
    {
        var credit = MadeUp.Credit(tree);
        using var json = JsonDocument.Parse(Figures.Field("t", "s", ("depth", credit)).ToPlotly()!);
        var rows = json.RootElement.GetProperty("data")[0].GetProperty("z").EnumerateArray().Select(Numbers).ToArray();
        Assert.Equal(32, rows.Length);
        var leaves = Enumerable.Range(tree.FirstLeaf, 32).ToArray();
        Assert.All(leaves.Index(), leaf => Assert.All(Enumerable.Range(1, 10), d =>
            Assert.Equal(credit.Advantage[credit.AncestorAt(leaf.Item, d)], rows[leaf.Index][d - 1], 0.006)));
    }

    [Fact]
    public void Time_adds_up_to_an_iteration()
    {
        using var json = JsonDocument.Parse(MadeUp.Comparison.Time().ToPlotly()!);
        var bars = json.RootElement.GetProperty("data").EnumerateArray().ToArray();
        Assert.Equal(["sample", "reward", "credit", "update"], bars.Select(b => b.GetProperty("name").GetString()));
        Assert.Equal(1.5, bars.Sum(b => b.GetProperty("y")[0].GetDouble()), 1e-6);
        Assert.Equal(0.5, bars.Sum(b => b.GetProperty("y")[1].GetDouble()), 1e-6);
        Assert.Equal("stack", json.RootElement.GetProperty("layout").GetProperty("barmode").GetString());
    }

    [Fact]
    public void Titles_claim_no_more_than_the_seeds_carry()
    {
        Assert.Equal("Test reward: DanceGRPO highest at 30 iterations, BranchGRPO highest at 45 s", MadeUp.Comparison.Alignment().Title);
        var level = new Comparison(
            [MadeUp.Method("A", 30, 1, 0.004, 0.006), MadeUp.Method("B", 30, 1, 0.0045, 0.0053), MadeUp.Method("C", 30, 1, 0.001, 0.001)], 30);
        Assert.Equal("Test reward: A and B level at 30 iterations and at 30 s", level.Dots().Title);
        var one = new Comparison([MadeUp.Method("A", 30, 1, 0.004), MadeUp.Method("B", 30, 1, 0.006)], 30);
        Assert.Contains("not evidence", one.Alignment().Subtitle);
    }

    [Fact]
    public void Leaves_stand_at_their_distances_and_only_small_p_values_stand_out()
    {
        var figure = Figures.Leaves([MadeUp.Leaves("same"), MadeUp.Leaves("scaled", 0.3, p: 0.005)]);
        Assert.Equal("Told from sequential rollouts (p < 0.01): scaled", figure.Title);
        Assert.StartsWith("No variant", Figures.Leaves([MadeUp.Leaves("same")]).Title);
        using var json = JsonDocument.Parse(figure.ToPlotly()!);
        var dots = json.RootElement.GetProperty("data").EnumerateArray().Where(t => t.GetProperty("mode").GetString() == "markers").ToArray();
        Assert.Equal(["same", "same", "scaled", "scaled", "same", "scaled", "same", "scaled"], dots.Select(d => d.GetProperty("name").GetString()));
        double[] At(int i) => Numbers(dots[i].GetProperty("x"));
        Assert.Equal(0.3, dots[2].GetProperty("customdata")[0][0].GetDouble());            // read by hovering: the value itself
        Assert.Equal(Math.Asinh(0.001 / 0.002), At(0)[0], 1e-3);
        Assert.Equal(Math.Asinh(0.3 / 0.002), At(2)[0], 1e-3);
        Assert.Equal(Math.Asinh(0.6 / 0.002), At(3)[0], 1e-3);                             // without pairs of one tree
        Assert.Equal(0.4, At(6)[0], 1e-3);
        var axis = json.RootElement.GetProperty("layout").GetProperty("xaxis");
        var ticks = axis.GetProperty("ticktext").EnumerateArray().Select(t => t.GetString()!).Zip(Numbers(axis.GetProperty("tickvals"))).ToArray();
        Assert.Equal(["0", "0.01", "0.1"], ticks.Select(t => t.First));
        Assert.All(ticks, t => Assert.Equal(Math.Asinh(double.Parse(t.First, CultureInfo.InvariantCulture) / 0.002), t.Second, 0.01));
        Assert.Contains("MMD² 0.300 (null 2.0e-4, p = 0.005)", figure.ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => Figures.Leaves([]));
    }

    [Fact]
    public void Pictures_stand_in_rows_without_scripts()
    {
        using var pictures = torch.zeros(3, 3, 32, 32);
        var figure = Figures.Pictures("t", "s", ["a", "b", "c"], ("before", pictures), ("after", pictures));
        Assert.Equal(6, figure.ToSvg().Split("<image ").Length - 1);
        Assert.Null(figure.ToPlotly());
        Assert.DoesNotContain("<script", figure.ToHtml());
        Assert.Throws<ArgumentException>(() => Figures.Pictures("t", "s", ["a"], ("before", pictures)));
    }

    [Fact]
    public void Labels_at_line_ends_keep_their_order_and_distance()
    {
        var y = EndLabels.Apart([10, 12, 13, 100, 395, 399], 0, 400);
        Assert.All(y.Zip(y.Skip(1)), p => Assert.True(p.Second - p.First >= 16));
        Assert.Equal(400, y[^1]);
        Assert.Equal(100, y[3]);
    }

    [Fact]
    public void Names_cannot_leave_their_place()
    {
        var html = Figures.Lines("</script><b>", "\" onerror=\"x", "x", "y", new Line("</script>", [0, 1], [0, 1])).ToHtml();
        Assert.Equal(1, html.Split("</script").Length - 1);
        Assert.DoesNotContain("\" onerror", html[..html.IndexOf("<script", StringComparison.Ordinal)]);
    }

    private static double Between(double x0, double x1, double y0, double y1, double x) => y0 + ((x - x0) / (x1 - x0) * (y1 - y0));

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetDouble())];

    [GeneratedRegex("font-size=\"([^\"]+)\"")]
    private static partial Regex FontSize();
}
