using Microsoft.Data.Analysis;

namespace BranchGrpo.Kit.Notebooks.Tests;

public class SignalTableTests
{
    internal static SignalToNoise Made(string name, int steps, double value = 0.0123456789) => new()
    {
        Name = name,
        Iterations = 24,
        ForwardUnits = 592,
        Seconds = 0.5,
        Plain = new(0.5 * value, double.NaN),
        Adam = new(value, value / 5),
        Steps = [.. Enumerable.Range(0, steps).Select(i =>
            new StepSignal(i, 1 - (0.1 * i), 1.0 / steps, new(value / 3, 1e-7), new(-value * (i + 1), value / 7)))],
    };

    [Fact]
    public void Files_are_read_as_they_were_written()
    {
        var path = Path.GetTempFileName();
        SignalRow[] rows = [new("0123456789", 7, Made("plain", 3)), new("abcdef0123", 1, Made("BranchGRPO \"β\" = 1, sum", 0))];
        SignalTable.Write(path, rows);
        var read = SignalTable.Read(path);
        Assert.Equal(rows.Select(r => (r.Key, r.Seed, r.Signal.Name)), read.Select(r => (r.Key, r.Seed, r.Signal.Name)));
        foreach (var (known, found) in rows.Zip(read, (a, b) => (a.Signal, b.Signal)))
        {
            Assert.Equal((known.Iterations, known.ForwardUnits, known.Seconds, known.Adam), (found.Iterations, found.ForwardUnits, found.Seconds, found.Adam));
            Assert.Equal((known.Plain.Value, true), (found.Plain.Value, double.IsNaN(found.Plain.Error)));
            Assert.Equal(known.Steps, found.Steps);
        }
        Assert.Equal(4, File.ReadAllLines(path).Length);
        File.WriteAllText(path, File.ReadAllText(path).Replace("0 1 2,", "0 1,"));
        Assert.Contains("line 3: expected lists of one length", Assert.Throws<InvalidDataException>(() => SignalTable.Read(path)).Message);
        File.WriteAllText(path, "method,seed\n");
        Assert.Contains("line 1", Assert.Throws<InvalidDataException>(() => SignalTable.Read(path)).Message);
        File.Delete(path);
    }

    [Fact]
    public void Tables_and_figures_show_thousandths()
    {
        SignalToNoise[] all = [Made("DanceGRPO", 9, 0.025), Made("BranchGRPO-Split", 3, 0.1)];
        DataFrame table = SignalToNoise.Table(all);
        Assert.Equal("25.0 ± 5.0", table["… under Adam's scale"][0]);
        Assert.Equal("42.2 ± 8.4", table["… per 1,000 units"][0]);
        Assert.Equal("-100.0 -200.0 -300.0", table["… by step"][1]);
        var figure = all.SignalToNoise();
        Assert.Contains("BranchGRPO-Split 100.0 ± 20.0 and 168.9 ± 33.8", figure.ToString());
        Assert.StartsWith("BranchGRPO-Split learns most", figure.Title);
        var steps = all.SignalBySteps();
        Assert.Contains("BranchGRPO-Split -100 -200 -300", steps.ToString());
        Assert.Contains("\"x\":[0.0,0.1,0.2],\"y\":[-100.0,-200.0,-300.0]", steps.ToPlotly());
        Assert.Contains("\"y\":[33.33", steps.ToPlotly());
        Assert.Contains("\"customdata\":[[20.0]]", figure.ToPlotly());
        Assert.Contains("\"x\":[168.9", figure.ToPlotly());
    }
}
