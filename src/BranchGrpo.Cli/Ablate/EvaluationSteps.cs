using System.Globalization;
using System.Text;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes;

namespace BranchGrpo.Cli.Ablate;

/// <summary>Policies trained with few or many denoising steps, judged with few and many: what was learnt at T steps must serve at others.</summary>
internal static class EvaluationSteps
{
    /// <summary>Name of the file: variant, seed, evaluation steps and scores.</summary>
    public const string File = "evaluation-steps.csv";

    /// <summary>Name of the entry whose runs are judged so.</summary>
    public const string Entry = "steps";

    private static readonly int[] counts = [3, 4, 5, 10, 20];

    /// <summary>Judges the finished runs of the entry that are not in the file yet, and writes it anew.</summary>
    public static void Complete(IReadOnlyList<(Variant Variant, WorkerJob Job)> runs, string folder, string device, CancellationToken stop)
    {
        var path = Path.Combine(folder, File);
        var rows = System.IO.File.Exists(path) ? System.IO.File.ReadAllLines(path).Skip(1).ToList() : [];
        var missing = runs.Where(r => CompareRun.IsFinished(r.Job) && !rows.Any(row =>
            row.StartsWith($"{r.Variant.Name},{r.Job.Seed},", StringComparison.Ordinal)))
            .ToArray();
        if (missing.Length == 0) return;
        var tasks = counts.Select(n => (Steps: n, Task: ShapesTask.Create(device: EmbeddedTask.Find(device), steps: n))).ToArray();
        var progress = new ProgressLines("policies judged at other steps");
        foreach (var (index, (variant, job)) in missing.Index())
        {
            if (stop.IsCancellationRequested) return;
            using var policy = tasks[0].Task.CreatePolicy();
            SafeTensors.LoadInto(policy.Network, Path.Combine(job.Folder, RunFolder.Policy));
            foreach (var (steps, task) in tasks)
            {
                var scores = task.Evaluate(policy);
                rows.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{variant.Name},{job.Seed},{steps},{scores["reward"]:G5},{scores["heldout"]:G5},{scores["verifier"]:G5},{scores["rmse"]:G5}"));
            }
            var text = new StringBuilder("variant,seed,steps,reward,heldout,verifier,rmse\n").AppendJoin('\n', rows).Append('\n').ToString();
            RunFolder.WriteText(path, text);
            progress.Report(index + 1, missing.Length);
        }
    }
}
