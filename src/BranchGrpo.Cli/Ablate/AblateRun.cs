using System.Globalization;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Models.Library;

namespace BranchGrpo.Cli.Ablate;

/// <summary>Carries out what is missing of a plan, and judges what there is.</summary>
internal static class AblateRun
{
    /// <summary>Runs, writes the files and prints the tables.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="folder">Run folders and CSV files.</param>
    /// <param name="slots">Worker processes side by side.</param>
    /// <param name="results">Another folder for the CSV files, where they are merged with those already there; none if null.</param>
    public static async Task<int> ExecuteAsync(AblatePlan plan, string folder, int slots, string? results)
    {
        EmbeddedTask.Check(plan.Device);
        RunFolder.Prepare(folder);
        var runs = plan.Runs(folder, DeviceMemory.Available(EmbeddedTask.Find(plan.Device)) / slots).ToArray();
        WorkerJob[] jobs = [.. runs.Select(r => r.Job).Where(job => !CompareRun.IsFinished(job))];
        slots = Math.Min(slots, Math.Max(1, jobs.Length));
        Console.WriteLine($"{plan.Entries.Length} entries, {runs.Length} runs ({jobs.Length} to do, about {Hours(jobs, slots)} of training), "
            + $"{slots} at a time on {plan.Device}, in {folder}");
        using var stopping = new Stopping();
        var (failures, elapsed) = await CompareRun.RunAsync(jobs, slots, stopping.Token);
        foreach (var failure in failures) Console.Error.WriteLine("error: " + failure);
        var study = Write(plan, runs, folder, results);
        if (stopping.Token.IsCancellationRequested)
        {
            Console.Error.WriteLine($"Stopped; what was done is kept in {folder}. The same command goes on from there.");
            return Failure.Stopped;
        }
        AblateReport.Print(plan, study);
        Console.WriteLine($"{elapsed:hh\\:mm\\:ss} elapsed in this call. Files: {results ?? folder}");
        if (failures.Count == 0) return 0;
        Console.Error.WriteLine($"error: {failures.Count} of {jobs.Length} runs failed and are left out; the same command tries them again");
        return 1;
    }

    private static Study Write(AblatePlan plan, (Variant Variant, WorkerJob Job)[] runs, string folder, string? results)
    {
        var found = from run in runs
                    where CompareRun.IsFinished(run.Job)
                    select StudyRun.Of(run.Variant, run.Job.Seed, RunRecord.Read(Path.Combine(run.Job.Folder, ExperimentRunner.RecordFile)));
        var study = new Study($"preset {plan.Preset.Name}, geometry {plan.Geometry.ToString().ToLowerInvariant()}, {Machine.Line(plan.Device)}", found);
        study.Write(folder);
        if (results is null) return study;
        var known = File.Exists(Path.Combine(results, "runs.csv")) ? Study.Read(results).Runs : [];
        var names = study.Runs.Select(r => r.Variant).ToHashSet();
        var keys = study.Runs.Select(r => r.Key).ToHashSet();
        study = new Study(study.Environment, known.Where(r => !names.Contains(r.Variant) || keys.Contains(r.Key))).With(study.Runs);
        study.Write(results);
        return study;
    }

    private static string Hours(WorkerJob[] jobs, int slots)
    {
        var seconds = jobs.Sum(j => j.Seconds ?? 0) / slots;
        return seconds == 0 ? "a minute" : seconds < 5400 ? $"{seconds / 60:0} min" : (seconds / 3600).ToString("0.0 h", CultureInfo.InvariantCulture);
    }
}
