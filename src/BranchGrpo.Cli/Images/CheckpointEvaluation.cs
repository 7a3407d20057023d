using System.Text.Json;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Tasks;

namespace BranchGrpo.Cli.Images;

/// <summary>Scores of a checkpoint, prompt by prompt in a file: stopped or killed, it goes on after the last whole line.</summary>
internal static class CheckpointEvaluation
{
    private const string Lines = "scores.jsonl", Summary = "summary.json";
    private const int Shown = 16;

    /// <summary>One prompt's scores by name, raw and published.</summary>
    private sealed record Scored(int Prompt, string Text, Dictionary<string, double> Scores);

    /// <summary>Runs to the end or until stopped.</summary>
    /// <returns>Exit code.</returns>
    public static int Run(ImageTaskOptions options, string? checkpoint, string folder, CancellationToken stop)
    {
        RunFolder.Prepare(folder);
        var embedding = new ProgressLines("prompts embedded:");
        options = options with { Stop = stop, Progress = new Immediate<PromptProgress>(p => embedding.Report(p.Done, p.Total)) };
        using var task = ImageTask.Create(options);
        var prompts = options.EvaluationPrompts;
        var title = JsonSerializer.Serialize(new { task = task.Task.Name, checkpoint = checkpoint ?? "base", prompts = prompts.Count }, WorkerJob.Json);
        var done = Read(Path.Combine(folder, Lines), title);
        if (done.Count < prompts.Count && !Score(task, options, checkpoint, done, Path.Combine(folder, Lines), stop))
        {
            Console.Error.WriteLine($"Stopped; {done.Count} of {prompts.Count} prompts are kept in {folder}. The same command goes on from there.");
            return Failure.Stopped;
        }
        Publish(done, title, folder);
        return 0;
    }

    private static bool Score(
        ImageTask task, ImageTaskOptions options, string? checkpoint, List<Scored> done, string path, CancellationToken stop)
    {
        using var policy = task.LoadPolicy(checkpoint);
        using var file = new StreamWriter(path, append: true);
        var lines = new ProgressLines("pictures:");
        while (done.Count < options.EvaluationPrompts.Count && !stop.IsCancellationRequested)
        {
            string[] some = [.. options.EvaluationPrompts.Skip(done.Count).Take(options.Preset.MicroBatch)];
            var (pictures, scores) = task.Judge(policy, some, first: done.Count);
            for (var i = 0; i < some.Length; i++)
            {
                if (done.Count < Shown) pictures[i].WritePng(Path.Combine(Path.GetDirectoryName(path)!, $"{done.Count:000}.png"));
                done.Add(new(done.Count, some[i], scores.ToDictionary(s => s.Name, s => s.Score[i])));
                file.WriteLine(JsonSerializer.Serialize(done[^1], WorkerJob.Json));
            }
            file.Flush();
            lines.Report(done.Count, options.EvaluationPrompts.Count);
        }
        return done.Count == options.EvaluationPrompts.Count;
    }

    /// <summary>What an earlier call scored; a torn last line is cut off.</summary>
    private static List<Scored> Read(string path, string title)
    {
        if (!File.Exists(path))
        {
            File.WriteAllText(path, title + "\n");
            return [];
        }
        var whole = File.ReadAllText(path);
        string[] lines = whole[..(whole.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.FirstOrDefault() != title)
            throw new Failure($"{path} holds the scores of something else ({lines.FirstOrDefault()}); choose another folder with --out");
        try
        {
            List<Scored> done = [.. lines.Skip(1).Select(line => JsonSerializer.Deserialize<Scored>(line, WorkerJob.Json)!)];
            RunFolder.WriteText(path, string.Concat(lines.Select(line => line + "\n")));
            return done;
        }
        catch (JsonException e)
        {
            throw new Failure($"{path} is damaged ({e.Message}); choose another folder with --out, or delete this one");
        }
    }

    private static void Publish(List<Scored> done, string title, string folder)
    {
        var names = done[0].Scores.Keys.ToArray();
        var rows = names.Select(name => (Name: name, Values: done.Select(d => d.Scores[name]).ToArray())).ToArray();
        RunFolder.WriteText(Path.Combine(folder, Summary), JsonSerializer.Serialize(
            new { run = JsonDocument.Parse(title).RootElement, means = rows.ToDictionary(r => r.Name, r => r.Values.Average()), machine = Machine.Describe() },
            WorkerJob.Indented));
        ConsoleTable.Print(new($"{done.Count} prompts, one picture each", ["score", "mean", "standard error", "lowest", "highest"],
        [
            .. rows.Select(r => (IReadOnlyList<string>)
                [r.Name, Text(r.Values.Average()), Text(Error(r.Values)), Text(r.Values.Min()), Text(r.Values.Max())]),
        ]));
        Console.WriteLine($"Scores: {Path.Combine(folder, Lines)}; pictures of the first {Math.Min(Shown, done.Count)} beside them.");
    }

    private static double Error(double[] values)
    {
        var mean = values.Average();
        return values.Length < 2 ? 0 : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1) / values.Length);
    }

    private static string Text(double value) => FormattableString.Invariant($"{value:0.0000}");
}
