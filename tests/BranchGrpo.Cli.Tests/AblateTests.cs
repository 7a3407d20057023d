using System.Globalization;
using BranchGrpo.Cli.Ablate;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes;
using Xunit;

namespace BranchGrpo.Cli.Tests;

public sealed class AblateTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Entries_share_the_runs_of_equal_settings_with_the_largest_budget_of_any()
    {
        var runs = Plan("standard", "main", "splits", "correlation").Runs("f", 8L << 30).ToArray();
        Assert.Equal(runs.Length, runs.Select(r => r.Job.Folder).Distinct().Count());
        var tree = runs.Where(r => r.Variant.Name == "BranchGRPO").Select(r => r.Job).ToArray();
        Assert.Equal(Enumerable.Range(101, 8).Select(s => (ulong)s), tree.Select(j => j.Seed));
        Assert.All(tree, job => Assert.Equal(45, job.Seconds));
        var late = runs.Where(r => r.Variant.Name == "BranchGRPO splits 4,6,7,8").Select(r => r.Job).ToArray();
        Assert.Equal([101ul, 102, 103, 104], late.Select(j => j.Seed));
        Assert.All(late, job => Assert.Equal(30, job.Seconds));
        Assert.Equal(12 * 8 + 3 * 4 + 4 * 4, runs.Length);
    }

    [Fact]
    public void Settings_are_chosen_with_seeds_that_judge_nothing()
    {
        var plan = Plan("standard", "main", "tuning");
        Assert.Equal([1ul], plan.SeedsOf(Catalogue.Find("tuning")));
        Assert.All(Catalogue.For(Geometry.Quick).Where(e => !e.IsTuning), e => Assert.All(plan.SeedsOf(e), seed => Assert.True(e.HasSeed(seed))));
        Assert.Empty(plan.SeedsOf(Catalogue.Find("main")).Intersect(plan.SeedsOf(Catalogue.Find("tuning"))));
    }

    [Fact]
    public void A_folder_is_named_by_the_settings_so_that_a_changed_variant_never_meets_an_old_run()
    {
        var variant = Catalogue.Variant("BranchGRPO β = 1, mean", Geometry.Quick);
        var changed = variant with { Recipe = variant.Recipe with { LearningRate = 3e-4 } };
        Assert.NotEqual(AblatePlan.FolderOf("f", variant, 1), AblatePlan.FolderOf("f", changed, 1));
        Assert.NotEqual(AblatePlan.FolderOf("f", variant, 1), AblatePlan.FolderOf("f", variant with { TrainsAll = true }, 1));
        Assert.Equal(AblatePlan.FolderOf("f", variant, 1), AblatePlan.FolderOf("f",
            variant with { Recipe = variant.Recipe with { Summary = "other words" } }, 1));
        Assert.Matches("^f.BranchGRPO_____1__mean-[0-9a-f]{10}-seed1$", AblatePlan.FolderOf("f", variant, 1));
    }

    [Fact]
    public async Task Without_a_name_the_entries_are_listed()
    {
        var (code, output, _) = await StartedProgram.RunAsync(folder.Path, "ablate");
        Assert.Equal(0, code);
        Assert.All(Catalogue.For(Geometry.Quick), entry => Assert.Contains(entry.Name, output));
    }

    [Fact]
    public async Task What_is_done_is_not_done_again_here_or_in_a_folder_of_results()
    {
        const string Entry = "ablate tail --preset dry";
        var (code, output, error) = await StartedProgram.RunAsync(folder.Path, $"{Entry} --out runs --results kept");
        Assert.True(code == 0, error);
        Assert.Contains("3 runs (3 to do", output);
        var study = Study.Read(Path.Combine(folder.Path, "kept"));
        Assert.Equal(["BranchGRPO-Split", "Split tail 1", "Split tail 3"], study.Runs.Select(r => r.Variant));
        Assert.All(study.Runs, run => Assert.Equal((101ul, 2), (run.Seed, run.Iterations)));
        Assert.Contains("| Split tail 3 |", File.ReadAllText(Path.Combine(folder.Path, "kept", AblateReport.File)));
        Assert.Contains("(0 to do", (await StartedProgram.RunAsync(folder.Path, $"{Entry} --out runs")).Output);
        var elsewhere = await StartedProgram.RunAsync(folder.Path, $"{Entry} --out others --results kept");
        Assert.Contains("(0 to do", elsewhere.Output);
        Assert.Equal(3, Study.Read(Path.Combine(folder.Path, "kept")).Runs.Length);

        // A run that lost its end, as a killed process leaves it, is finished and nothing else is touched.
        var record = Directory.GetFiles(Path.Combine(folder.Path, "runs"), ExperimentRunner.RecordFile, SearchOption.AllDirectories)
            .Single(f => f.Contains("Split_tail_3", StringComparison.Ordinal));
        var lines = File.ReadAllLines(record);
        File.WriteAllText(record, string.Join('\n', lines[..^2]) + "\n" + lines[^2][..20]);
        Assert.Contains("(1 to do", (await StartedProgram.RunAsync(folder.Path, $"{Entry} --out runs")).Output);
        Assert.True(RunRecord.Read(record).IsComplete);
    }

    [Fact]
    public void Every_finished_run_is_judged_once_at_five_numbers_of_steps()
    {
        LibTorch.Load();
        var task = ShapesTask.Create();
        using var policy = task.CreatePolicy();
        var run = new FinishedRun(Catalogue.Variant("DanceGRPO", Geometry.Quick), new WorkerJob
        {
            Method = "DanceGRPO", Geometry = Geometry.Quick, Seed = 101, Seconds = 1, Iterations = 1, EvaluateEvery = 1, Device = "cpu",
            Folder = folder.Path, Memory = 1,
        }, new RunRecord([]));
        policy.Save(folder.File(RunFolder.Policy));
        var path = folder.File(EvaluationSteps.File);
        var steps = new EvaluationSteps(path, "somewhere");
        steps.Complete([run], "cpu", default);
        var text = File.ReadAllText(path);
        var rows = text.TrimEnd().Split('\n').Select(line => line.Split(',')).ToArray();
        Assert.Equal("# somewhere", rows[0][0]);
        Assert.Equal(["variant", "seed", "steps", "reward", "heldout", "verifier", "rmse"], rows[1]);
        Assert.Equal(["3", "4", "5", "10", "20"], rows[2..].Select(r => r[2]));
        var found = task.Evaluate(policy);
        Assert.Equal(new[] { "reward", "heldout", "verifier", "rmse" }.Select(s => found[s].ToString("G5", CultureInfo.InvariantCulture)), rows[5][3..]);
        Assert.NotEqual(rows[2][3..], rows[6][3..]);
        File.Delete(folder.File(RunFolder.Policy));                             // what is judged is not judged again
        steps.Complete([run], "cpu", default);
        Assert.Equal(text, File.ReadAllText(path));
    }

    private static AblatePlan Plan(string preset, params string[] entries) => new()
    {
        Preset = Preset.Find(preset), Geometry = Geometry.Quick, Device = "cpu", Entries = [.. entries.Select(e => Catalogue.Find(e))],
    };
}
