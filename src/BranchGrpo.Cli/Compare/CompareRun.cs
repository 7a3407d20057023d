using System.Globalization;
using System.Text.Json;
using BranchGrpo.Cli.Images;
using BranchGrpo.Cli.Report;
using BranchGrpo.Kit;
using Spectre.Console;

namespace BranchGrpo.Cli.Compare;

/// <summary>Carries out a plan: checks, worker processes, files and tables.</summary>
internal static class CompareRun
{
    public static async Task<int> ExecuteAsync(ComparePlan plan, string folder, int slots)
    {
        WorkerTask.Check(plan.Images, plan.Device, plan.MicroBatch);
        RunFolder.Prepare(folder);
        RefuseOtherPlan(plan, folder);
        var recipes = plan.Methods.Select(m => SettingsText.Of(plan.RecipeOf(m)));
        var settings = JsonSerializer.Serialize(new { plan, recipes, machine = Machine.Describe() }, WorkerJob.Indented);
        RunFolder.WriteText(Path.Combine(folder, RunFolder.Plan), settings);

        slots = Math.Min(slots, plan.Methods.Length * plan.Seeds.Length);
        WorkerJob[] jobs = [.. plan.Jobs(folder, WorkerPool.MemoryOf(plan.Device, slots)).Where(job => Finished(job) is null)];
        slots = Math.Min(slots, Math.Max(1, jobs.Length));
        Console.WriteLine(Announce(plan, folder, jobs.Length, slots));
        using var stopping = new Stopping();
        var (failures, elapsed) = (await RunAsync([.. plan.EmbeddingJobs(folder, jobs)], 1, stopping.Token)).Failures is { Count: > 0 } unembedded
            ? (unembedded, TimeSpan.Zero) : await RunAsync(jobs, slots, stopping.Token);
        if (stopping.Token.IsCancellationRequested)
        {
            Console.Error.WriteLine($"Stopped; what was done is kept in {folder}. The same command with --out {folder} goes on from there.");
            return Failure.Stopped;
        }
        foreach (var failure in failures) Console.Error.WriteLine("error: " + failure);
        if (plan.Read(folder) is { } comparison) Publish(comparison, plan, folder, settings, elapsed);
        if (failures.Count == 0) return 0;
        Console.Error.WriteLine($"error: {failures.Count} of {jobs.Length} runs failed and are left out; the same command tries them again");
        return 1;
    }

    internal static async Task<(IReadOnlyList<string> Failures, TimeSpan Elapsed)> RunAsync(WorkerJob[] jobs, int slots, CancellationToken stop)
    {
        var board = new ProgressBoard(jobs);
        if (jobs.Length == 0) return ([], board.Elapsed);
        var work = WorkerPool.RunAsync(jobs, slots, board, stop);
        await ProgressDisplay.ShowAsync(board, work);
        return (await work, board.Elapsed);
    }

    private static string Announce(ComparePlan plan, string folder, int jobs, int slots)
    {
        var budget = plan.Seconds is { } s ? string.Create(CultureInfo.InvariantCulture, $"{s} training seconds") : $"{plan.Iterations} iterations";
        var runs = plan.Methods.Length * plan.Seeds.Length;
        return $"{runs} runs of {budget} each ({jobs} to do), {slots} at a time on {plan.Device}, in {folder}";
    }

    /// <summary>The record of a job that has nothing left to do; null of any other.</summary>
    internal static RunRecord? Finished(WorkerJob job)
    {
        var path = Path.Combine(job.Folder, ExperimentRunner.RecordFile);
        if (!File.Exists(path) || !File.Exists(Path.Combine(job.Folder, RunFolder.After))) return null;
        var record = RunRecord.Read(path);
        return record.IsComplete && (record.LastIteration >= job.Iterations || record.LastSeconds >= job.Seconds) ? record : null;
    }

    private static void RefuseOtherPlan(ComparePlan plan, string folder)
    {
        var path = Path.Combine(folder, RunFolder.Plan);
        if (!File.Exists(path)) return;
        ComparePlan? found;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path));
            found = document.RootElement.GetProperty("plan").Deserialize<ComparePlan>(WorkerJob.Json);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new Failure($"{path} is damaged ({e.Message}); choose another folder with --out, or delete this one");
        }
        if (found is null || !plan.Agrees(found))
            throw new Failure($"{folder} holds a comparison with other settings (see {RunFolder.Plan} there); choose another folder with --out");
    }

    private static void Publish(Comparison comparison, ComparePlan plan, string folder, string settings, TimeSpan elapsed)
    {
        var setting = $"preset {plan.Preset}, geometry {plan.Geometry.ToString().ToLowerInvariant()}, {Machine.Line(plan.Device)}";
        RunFolder.WriteText(Path.Combine(folder, RunFolder.Results), CsvFiles.Results(comparison));
        RunFolder.WriteText(Path.Combine(folder, RunFolder.Summary), CsvFiles.Summary(comparison));
        var first = RunFolder.Of(folder, plan.Methods[0], plan.Seeds[0]);
        var pictures = plan.Methods
            .Select(m => ($"{m}, seed {plan.Seeds[0]}, after its training", Path.Combine(RunFolder.Of(folder, m, plan.Seeds[0]), RunFolder.After)))
            .Prepend(("Before training", Path.Combine(first, RunFolder.Before)));
        var report = Path.Combine(folder, RunFolder.Report);
        RunFolder.WriteText(report, HtmlReport.Of(comparison, "Methods compared", setting, settings, pictures));

        foreach (var table in ResultTable.Of(comparison)) ConsoleTable.Print(table);
        Console.WriteLine($"{setting}; spread: standard deviation over {comparison.Seeds} seed(s)");
        foreach (var line in Verdict.Lines(comparison)) Console.WriteLine(line);
        Console.WriteLine($"{elapsed:mm\\:ss} elapsed in this call. Report: {report}");
    }
}
