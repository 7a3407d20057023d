using System.Globalization;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit;

namespace BranchGrpo.Cli.Ablate;

/// <summary>Carries out what is missing of a plan, and judges what there is.</summary>
internal static class AblateRun
{
    /// <summary>Runs, writes the files and prints the tables.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="folder">Run folders and CSV files.</param>
    /// <param name="slots">Worker processes side by side.</param>
    /// <param name="results">Another folder for the CSV files: what stands there is not run again and what is new is added; none if null.</param>
    public static async Task<int> ExecuteAsync(AblatePlan plan, string folder, int slots, string? results)
    {
        EmbeddedTask.Check(plan.Device);
        RunFolder.Prepare(folder);
        var runs = plan.Runs(folder, WorkerPool.MemoryOf(plan.Device, slots)).ToArray();
        var environment = $"preset {plan.Preset.Name}, geometry {plan.Geometry.ToString().ToLowerInvariant()}, {Machine.Line(plan.Device)}";
        var known = Known(results, environment);
        WorkerJob[] jobs = [.. runs.Where(r => CompareRun.Finished(r.Job) is null && !known.Any(k => Serves(k, r.Variant, r.Job))).Select(r => r.Job)];
        slots = Math.Min(slots, Math.Max(1, jobs.Length));
        Console.WriteLine($"{plan.Entries.Length} entries, {runs.Length} runs ({jobs.Length} to do, about {Hours(jobs, slots)} of training), "
            + $"{slots} at a time on {plan.Device}, in {folder}");
        using var stopping = new Stopping();
        var (failures, elapsed) = await CompareRun.RunAsync(jobs, slots, stopping.Token);
        foreach (var failure in failures) Console.Error.WriteLine("error: " + failure);
        FinishedRun[] finished = [.. runs.Select(r => (r.Variant, r.Job, Record: CompareRun.Finished(r.Job)))
            .Where(r => r.Record is not null).Select(r => new FinishedRun(r.Variant, r.Job, r.Record!))];
        var study = Write(environment, finished, folder, results, known);
        var judged = plan.Entries.Where(e => e.Name == EvaluationSteps.Entry).SelectMany(e => e.Variants).Select(v => v.Key).ToHashSet();
        var steps = new EvaluationSteps(Path.Combine(results ?? folder, EvaluationSteps.File), environment);
        steps.Complete([.. finished.Where(r => judged.Contains(r.Variant.Key))], plan.Device, stopping.Token);
        AblateReport.Publish(plan.Entries, Catalogue.For(plan.Geometry), study, results ?? folder);
        if (stopping.Token.IsCancellationRequested)
        {
            Console.Error.WriteLine($"Stopped; what was done is kept in {folder}. The same command goes on from there.");
            return Failure.Stopped;
        }
        Console.WriteLine($"{elapsed:hh\\:mm\\:ss} elapsed in this call. Files: {results ?? folder}");
        if (failures.Count == 0) return 0;
        Console.Error.WriteLine($"error: {failures.Count} of {jobs.Length} runs failed and are left out; the same command tries them again");
        return 1;
    }

    private static Study Write(string environment, FinishedRun[] runs, string folder, string? results, IReadOnlyList<StudyRun> known)
    {
        var own = new Study(environment, runs.Select(r => StudyRun.Of(r.Variant, r.Job.Seed, r.Record)));
        own.Write(folder);
        if (results is null) return own;
        // Of a variant whose settings have changed since, the old runs go as soon as there are new ones.
        var present = own.Runs.Select(r => (r.Variant, r.Key)).ToLookup(r => r.Variant, r => r.Key);
        var all = new Study(own.Environment, known.Where(r => !present.Contains(r.Variant) || present[r.Variant].Contains(r.Key))).With(own.Runs);
        all.Write(results);
        return all;
    }

    private static IReadOnlyList<StudyRun> Known(string? results, string environment)
    {
        if (results is null || !File.Exists(Path.Combine(results, "runs.csv"))) return [];
        var study = Study.Read(results);
        return study.Environment == environment ? study.Runs
            : throw new Failure($"the runs in {results} were made with \"{study.Environment}\", these would be "
            + $"\"{environment}\"; seconds of the two cannot be compared: choose another folder with --results");
    }

    private static bool Serves(StudyRun known, Variant variant, WorkerJob job) => known.Variant == variant.Name && known.Key == variant.Key
        && known.Seed == job.Seed && (known.Iterations >= job.Iterations || known.Seconds >= job.Seconds);

    private static string Hours(WorkerJob[] jobs, int slots)
    {
        var seconds = jobs.Sum(j => j.Seconds ?? 0) / slots;
        return seconds == 0 ? "a minute" : seconds < 5400 ? $"{seconds / 60:0} min" : (seconds / 3600).ToString("0.0 h", CultureInfo.InvariantCulture);
    }
}
