using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes;

namespace BranchGrpo.Cli.Ablate;

/// <summary>Policies trained with few or many denoising steps, judged with few and many: what was learnt at T steps must serve at others.</summary>
/// <param name="path">CSV: variant, seed, evaluation steps and scores.</param>
/// <param name="environment">One line: what the runs were made on.</param>
internal sealed class EvaluationSteps(string path, string environment)
{
    /// <summary>Name of the file.</summary>
    public const string File = "evaluation-steps.csv";

    /// <summary>Name of the entry whose runs are judged so.</summary>
    public const string Entry = "steps";

    private static readonly string[] scores = ["reward", "heldout", "verifier", "rmse"];
    private static readonly string[] columns = ["variant", "seed", "steps", .. scores];
    private static readonly int[] counts = [3, 4, 5, 10, 20];

    /// <summary>Judges the finished runs that are not in the file yet; each is in it as soon as it is judged.</summary>
    public void Complete(IReadOnlyList<FinishedRun> runs, string device, CancellationToken stop)
    {
        List<string[]> rows = System.IO.File.Exists(path) ? [.. new CsvLines(path, columns, hasMore: false).Rows().Select(row => row.Fields)] : [];
        var known = rows.Select(row => (row[0], row[1])).ToHashSet();
        var missing = runs.Where(r => !known.Contains((r.Variant.Name, CsvLines.Text(r.Job.Seed)))).ToArray();
        if (missing.Length == 0) return;
        var tasks = counts.Select(n => (Steps: n, Task: ShapesTask.Create(device: EmbeddedTask.Find(device), steps: n))).ToArray();
        var progress = new ProgressLines("policies judged at other steps");
        foreach (var (index, run) in missing.Index())
        {
            if (stop.IsCancellationRequested) return;
            using var policy = tasks[0].Task.CreatePolicy();
            SafeTensors.LoadInto(policy.Network, Path.Combine(run.Job.Folder, RunFolder.Policy));
            foreach (var (steps, task) in tasks)
            {
                var found = task.Evaluate(policy);
                rows.Add([run.Variant.Name, CsvLines.Text(run.Job.Seed), CsvLines.Text(steps), .. scores.Select(score => CsvLines.Text(found[score], 5))]);
            }
            CsvLines.Write(path, environment, columns, rows);
            progress.Report(index + 1, missing.Length);
        }
    }
}
