using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit;
using CsCheck;
using Xunit;

namespace BranchGrpo.Cli.Tests;

public sealed class ComparisonTests
{
    private static Comparison TwoMethods(params double[] branchSlopes) => new(
    [
        MadeUpRuns.Method("DanceGRPO", 30, 1.5, [.. branchSlopes.Select((_, i) => 0.0040 + (0.0001 * i))]),
        MadeUpRuns.Method("BranchGRPO", 90, 0.5, branchSlopes),
    ], 45);

    [Fact]
    public void Scores_are_interpolated() => Gen.Select(Gen.Double[0, 44], Gen.Double[-0.01, 0.01]).Sample((at, slope) =>
    {
        var record = MadeUpRuns.Record(90, 0.5, 0.5, slope, every: 7);
        return Math.Abs(record.ScoreAtSeconds("reward", at)!.Value - (0.5 + (slope * at / 0.5))) < 1e-9
            && Math.Abs(record.ScoreAtIteration("reward", at)!.Value - (0.5 + (slope * at))) < 1e-9;
    });

    [Fact]
    public void Outside_its_evaluations_a_score_is_constant()
    {
        var record = MadeUpRuns.Record(20, 1, 0.5, 0.01);
        Assert.Equal(0.7, record.ScoreAtSeconds("reward", 1000)!.Value, 12);
        Assert.Equal(0.5, record.ScoreAtIteration("reward", -1)!.Value, 12);
        Assert.Null(record.ScoreAtSeconds("no such score", 3));
    }

    [Fact]
    public void Equal_places_are_those_that_every_run_reached()
    {
        var c = TwoMethods(0.002, 0.002);
        Assert.Equal(30, c.EqualIterations);
        Assert.Equal(45, c.EqualSeconds);
        Assert.Equal(0.56, c.Find("BranchGRPO")!.At(r => c.AtIterations(r, "reward"))!.Value.Mean, 9);
        Assert.Equal(0.68, c.Find("BranchGRPO")!.At(r => c.AtSeconds(r, "reward"))!.Value.Mean, 9);
    }

    [Fact]
    public void Table_shows_mean_spread_and_ratio()
    {
        var tables = ResultTable.Of(TwoMethods(0.002, 0.003));
        Assert.Equal(["BranchGRPO", "10.00", "9.00", "0.500 ± 0.000", "0.33", "90 ± 0"], tables[0].Rows[1]);
        Assert.Equal("0.725 ± 0.064", tables[2].Rows[2][2]);                    // mean of 0.68 and 0.77; their sample deviation is 0.0636
        Assert.Equal("0.500", tables[2].Rows[0][2]);
        Assert.Equal("8.800 ± 0.000", tables[2].Rows[2][1]);                    // training reward: mean of the last five rollouts, 8.6 to 9.0
        Assert.All(tables, t => Assert.All(t.Rows, row => Assert.Equal(t.Columns.Count, row.Count)));
    }

    [Fact]
    public void Clear_difference_is_called_ahead_at_seconds_and_behind_at_iterations()
    {
        var lines = Verdict.Lines(TwoMethods(0.0030, 0.0031)).ToArray();
        Assert.Contains("At 30 iterations", lines[0]);
        Assert.Contains("behind: BranchGRPO -0.030", lines[0]);
        Assert.Contains("At 45 seconds", lines[1]);
        Assert.Contains("ahead: BranchGRPO +0.153", lines[1]);
    }

    [Fact]
    public void A_difference_whose_interval_reaches_zero_is_not_told_apart_and_one_seed_proves_nothing()
    {
        // Three seeds that all agree, 0.144 ± 0.109: the interval reaches from −0.13 to +0.41.
        var lines = Verdict.Lines(new(
        [
            MadeUpRuns.Method("DanceGRPO", 30, 1.5, [0.004, 0.004, 0.004]), MadeUpRuns.Method("BranchGRPO", 90, 0.5, [0.0020, 0.0025, 0.0043]),
        ], 45)).ToArray();
        Assert.Contains("not told apart: BranchGRPO", lines[1]);
        Assert.DoesNotContain("ahead", lines[1]);
        lines = [.. Verdict.Lines(TwoMethods(0.003))];
        Assert.StartsWith("One seed", lines[0]);
        Assert.All(lines, line => Assert.DoesNotContain("ahead", line.Replace("are what was measured", "")));
    }

    [Fact]
    public void Csv_has_a_row_per_evaluation_and_full_precision()
    {
        var rows = CsvFiles.Results(TwoMethods(1.0 / 3)).TrimEnd().Split('\n').Select(r => r.Split(',')).ToArray();
        Assert.Equal(["method", "seed", "iteration", "seconds", "heldout", "reward", "verifier"], rows[0]);
        Assert.Equal(1 + 4 + 10, rows.Length);
        Assert.All(rows, row => Assert.Equal(rows[0].Length, row.Length));
        Assert.Equal(0.5 + (90 / 3.0), double.Parse(rows[^1][5]), 12);
        Assert.All(CsvFiles.Summary(TwoMethods(0.002, 0.003)).TrimEnd().Split('\n'), row => Assert.Equal(6, row.Split(',').Length));
    }

    [Fact]
    public void Time_left_counts_only_what_this_process_did()
    {
        var jobs = Enumerable.Range(0, 2).Select(i => new WorkerJob
        {
            Method = "m",
            Geometry = Geometry.Quick,
            Seed = (ulong)i,
            Seconds = 1,
            Iterations = 1,
            EvaluateEvery = 1,
            Device = "cpu",
            Folder = "f",
            Memory = 1,
        }).ToArray();
        var board = new ProgressBoard(jobs);
        board.Report(jobs[0], new(0.9, 9, 1));
        Assert.Null(board.Left());                                              // resumed at 0.9: nothing was done here yet
        board.Report(jobs[0], new(1, 10, 1));
        Thread.Sleep(50);
        Assert.InRange(board.Left()!.Value / board.Elapsed, 5, 10.1);           // 0.1 done, 1 left
        board.End(jobs[1], "failed");
        Assert.Equal(1, board.Fraction());
    }
}
