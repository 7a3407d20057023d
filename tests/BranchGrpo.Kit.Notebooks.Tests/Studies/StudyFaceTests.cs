using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.Data.Analysis;

namespace BranchGrpo.Kit.Notebooks.Tests;

/// <summary>Tables and figures of studies.</summary>
public sealed class StudyFaceTests
{
    private static readonly string[] names = [.. MadeUpStudy.Entry.Variants.Select(v => v.Name)];

    [Fact]
    public void Effects_stand_beside_cost_and_reward_the_baseline_first()
    {
        var table = MadeUpStudy.Four.Effects(MadeUpStudy.Entry);
        Assert.Equal(7, table.Columns.Count);
        Assert.Equal(names, Texts(table, "variant"));
        Assert.Equal(["4", "4", "4"], Texts(table, "seeds"));
        Assert.Equal(["1.00", "0.50 [0.50, 0.50]", "1.00 [1.00, 1.00]"], Texts(table, "time ratio [95 %]"));
        var rewards = Texts(table, "test reward at 50 s");
        Assert.Equal(["0.613 ± 0.010", "**0.825 ± 0.025**"], rewards[..2]);    // s = 50 · 0.000129 and 100 · 0.000155, t/√4 = 1.59
        Assert.Equal(["", "+0.060 [+0.056, +0.064] at 60", "0.000 [-0.004, +0.004] at 60"],
            Texts(table, "effect at equal iterations [95 %]"));
        Assert.Equal("+0.213 [+0.197, +0.228] at 50", Texts(table, "effect at equal seconds [95 %]")[1]);    // 0.201, 0.214, 0.211, 0.224
        Assert.Equal("1.00", Texts(table, "superiority at equal seconds")[1]);
    }

    [Fact]
    public void Drift_shows_what_training_does_not_see_and_warns()
    {
        var table = MadeUpStudy.Four.Drift(MadeUpStudy.Entry);
        Assert.Equal(["variant", "heldout", "verifier", "rmse", "diversity", "kl", "reward gain − held-out gain"], table.Columns.Select(c => c.Name));
        Assert.Equal("0.481 ± 0.006", Texts(table, "heldout")[1]);              // 0.4 + 100 · 0.00325/4; t/√4 · 25 · 0.000155
        Assert.Equal("0.900 ± 0.000", Texts(table, "verifier")[0]);
        Assert.Equal("+0.244 ± 0.019 drifting", Texts(table, "reward gain − held-out gain")[1]);
    }

    [Fact]
    public void Verdicts_give_claim_source_numbers_and_word()
    {
        var table = MadeUpStudy.Four.Verdicts(MadeUpStudy.Entry);
        Assert.Equal(["Fast is better", "nobody, 2026", "+0.060 [+0.056, +0.064] after 60 iterations, 4 seeds", "held"],
            table.Columns.Select(c => (string)c[0]));
    }

    [Fact]
    public void Variants_without_runs_keep_their_row_and_tuning_looks_at_validation()
    {
        var empty = new Study("x", []);
        Assert.Equal(["0", "0", "0"], Texts(empty.Effects(MadeUpStudy.Entry), "seeds"));
        Assert.Equal(["", "", ""], Texts(empty.Drift(MadeUpStudy.Entry), "kl"));
        Assert.Equal("no run of B \"fast\"; no run of A, the base", (string)empty.Verdicts(MadeUpStudy.Entry).Columns["measured"][0]);
        Assert.Contains("validation-reward at 0 s", empty.Effects(MadeUpStudy.Entry with { IsTuning = true }).Columns.Select(c => c.Name));
        Assert.Throws<ArgumentException>(() => empty.Forest(MadeUpStudy.Entry));
        Assert.Throws<ArgumentException>(() => empty.Curves(MadeUpStudy.Entry));
        Assert.Throws<ArgumentException>(() => empty.RewardAgainst(MadeUpStudy.Entry, "kl"));
        Assert.Throws<ArgumentException>(() => MadeUpStudy.Four.Curves(MadeUpStudy.Entry, "beauty"));
    }

    [Fact]
    public void Markdown_has_every_row_aligned_and_escaped()
    {
        var table = new DataFrame(
            new StringDataFrameColumn("a|b", Enumerable.Range(0, 50).Select(i => $"x|{i}")), new DoubleDataFrameColumn("n", Enumerable.Repeat(1.5, 50)));
        var lines = table.Markdown().Split('\n');
        Assert.Equal(52, lines.Length);
        Assert.Equal([@"| a\|b | n |", "| --- | ---: |", @"| x\|0 | 1.5 |"], lines[..3]);
    }

    [Fact]
    public void Figures_have_two_faces_and_readable_text()
    {
        Figure[] figures = [MadeUpStudy.Four.Forest(MadeUpStudy.Entry), MadeUpStudy.Four.Forest(MadeUpStudy.Entry, "rmse"),
            MadeUpStudy.Four.Curves(MadeUpStudy.Entry), MadeUpStudy.Four.RewardAgainst(MadeUpStudy.Entry, "kl"),
            new Study("one", MadeUpStudy.Runs(101)).Forest(MadeUpStudy.Entry), new Study("one", MadeUpStudy.Runs(101)).Curves(MadeUpStudy.Entry)];
        Assert.All(figures, figure =>
        {
            var svg = figure.ToSvg();
            Assert.Equal("900", XDocument.Parse(svg).Root!.Attribute("width")!.Value);
            Assert.All(Regex.Matches(svg, "font-size=\"([^\"]+)\""), m => Assert.True(double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture) >= 12));
            Assert.DoesNotMatch("NaN|Infinity|∞", svg + figure.ToHtml());
            Assert.EndsWith(".", figure.ToString());
            Assert.Contains("one", figures[4].Subtitle + figures[5].Subtitle);
        });
    }

    [Fact]
    public void A_forest_shows_effects_with_their_intervals_around_zero()
    {
        using var json = JsonDocument.Parse(MadeUpStudy.Four.Forest(MadeUpStudy.Entry).ToPlotly()!);
        var dots = json.RootElement.GetProperty("data").EnumerateArray().Where(t => t.GetProperty("mode").GetString() == "markers").ToArray();
        Assert.Equal([names[1], names[2], names[1], names[2]], dots.Select(d => d.GetProperty("name").GetString()));
        foreach (var (dot, place) in new[] { (dots[0], Place.EqualIterations), (dots[2], Place.EqualSeconds) })
        {
            var effect = MadeUpStudy.Four.Effect(names[1], names[0], place);
            Assert.Equal(effect.Paired!.Mean, dot.GetProperty("x")[0].GetDouble(), 1e-4);
            Assert.Equal(effect.Interval!.Value.HalfWidth, dot.GetProperty("error_x").GetProperty("array")[0].GetDouble(), 1e-5);
            Assert.Equal(1, dot.GetProperty("y")[0].GetDouble());
        }
    }

    [Fact]
    public void Curves_have_the_mean_and_its_interval_at_every_evaluation()
    {
        using var json = JsonDocument.Parse(MadeUpStudy.Four.Curves(MadeUpStudy.Entry).ToPlotly()!);
        var all = json.RootElement.GetProperty("data").EnumerateArray().ToArray();
        var curve = all.First(t => t.TryGetProperty("name", out var n) && n.GetString() == names[0]);
        Assert.Equal([0, 10, 20, 30, 40, 50, 60], curve.GetProperty("x").EnumerateArray().Select(v => v.GetDouble()));
        Assert.Equal(0.5 + (60 * 0.00225), curve.GetProperty("y")[6].GetDouble(), 1e-4);
        var band = all.First(t => t.TryGetProperty("fill", out _)).GetProperty("y");
        Assert.Equal(0.5 + (60 * 0.00225) + (60 * 0.0001 * 1.29099 * 3.1824 / 2), band[6].GetDouble(), 1e-4);
    }

    [Fact]
    public void Titles_say_what_the_intervals_carry()
    {
        Assert.Equal("Test reward against A, the base: B \"fast\" higher, 1 not told apart at equal iterations and at equal seconds",
            MadeUpStudy.Four.Forest(MadeUpStudy.Entry).Title);
        Assert.Equal("Verifier accuracy against A, the base: none told apart at equal iterations and at equal seconds",
            MadeUpStudy.Four.Curves(MadeUpStudy.Entry, "verifier").Title);
        Assert.Contains("not told apart (fewer than two common seeds)", new Study("x", MadeUpStudy.Runs(101)).Forest(MadeUpStudy.Entry).Title);
        var turned = MadeUpStudy.Entry with { Variants = [MadeUpStudy.Fast, MadeUpStudy.Base] };
        Assert.Equal("Against B \"fast\" at equal seconds: test reward: A, the base lower; KL to the base policy: A, the base lower",
            MadeUpStudy.Four.RewardAgainst(turned, "kl").Title);
        StudyEffect[] many = [.. Enumerable.Range(0, 6).Select(i => Known($"M{i}", i % 2 == 0 ? 1 : i == 3 ? 0 : -1))];
        Assert.Equal("3 higher, M1 and M5 lower, 1 not told apart", StudyStanding.Said(many));
        Assert.Contains("4 seeds", MadeUpStudy.Four.Forest(MadeUpStudy.Entry).Subtitle);
        Assert.Contains(MadeUpStudy.Environment, MadeUpStudy.Four.Curves(MadeUpStudy.Entry).Subtitle);
    }

    private static StudyEffect Known(string name, double mean) =>
        new(name, "rival", Place.EqualSeconds, "reward", 1, new(mean, new(mean - 0.5, mean + 0.5), null, 4, 0.5), "");

    private static string[] Texts(DataFrame table, string column) => [.. table.Columns[column].Cast<string>()];
}
