using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using BranchGrpo.Kit.Notebooks.Session;

namespace BranchGrpo.Kit.Notebooks.Documents;

/// <summary>Where a run of a notebook is.</summary>
/// <param name="Cell">Code cell, from 1.</param>
/// <param name="Cells">Code cells in all.</param>
/// <param name="FirstLine">First line of the cell.</param>
/// <param name="Seconds">How long the cell took; null while it runs.</param>
public readonly record struct NotebookProgress(int Cell, int Cells, string FirstLine, double? Seconds);

/// <summary>Executes notebooks without a front end.</summary>
public static partial class NotebookRunner
{
    /// <summary>Executes all cells in a fresh session, in the notebook's folder, and puts their outputs into the document.</summary>
    /// <param name="notebook">Changed.</param>
    /// <param name="timeout">Longest time of one cell; null = none.</param>
    /// <param name="solve">Whether the solution that follows an exercise is executed too, and must be right.</param>
    /// <param name="progress">Told before and after each cell.</param>
    /// <exception cref="NotebookFailure">A cell failed; outputs so far, and the error, are in the document.</exception>
    public static async Task RunAsync(NotebookDocument notebook, TimeSpan? timeout = null, bool solve = false, Action<NotebookProgress>? progress = null)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(notebook.Path))!;
        var before = Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(folder);
        try
        {
            using var session = new NotebookSession(folder);
            foreach (var cell in notebook.Cells.Where(c => c.IsCode)) cell.Set([], null, null);
            var run = new Run(notebook, session, timeout, solve, progress);
            var start = Stopwatch.GetTimestamp();
            await run.AllAsync();
            notebook.Metadata["branchgrpo"] = new JsonObject
            {
                ["preset"] = Lab.Preset.Name,
                ["seconds"] = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 1),
            };
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
        }
    }

    private sealed class Run(NotebookDocument notebook, NotebookSession session, TimeSpan? timeout, bool solve, Action<NotebookProgress>? progress)
    {
        public async Task AllAsync()
        {
            var (number, total) = (0, notebook.Cells.Count(c => c.IsCode));
            for (var i = 0; i < notebook.Cells.Count; i++)
            {
                var cell = notebook.Cells[i];
                if (!cell.IsCode || string.IsNullOrWhiteSpace(cell.Source)) continue;
                var first = cell.Source.Split('\n')[0].Trim();
                progress?.Invoke(new(++number, total, first, null));
                var start = Stopwatch.GetTimestamp();
                var (output, result) = await ExecuteAsync(cell.Source, i);
                cell.Set(output.ToJson(), session.Count, notebook.FingerprintTo(i));
                if (result.Error is { } error) throw new NotebookFailure(notebook.Path, i, cell.Source, error);
                progress?.Invoke(new(number, total, first, Stopwatch.GetElapsedTime(start).TotalSeconds));
                if (solve && cell.Tags.Contains("exercise")) await SolveAsync(i);
            }
        }

        private async Task<(RecordedOutput Output, CellResult Result)> ExecuteAsync(string code, int cell)
        {
            var output = new RecordedOutput();
            var running = session.ExecuteAsync(code, output);
            if (timeout is { } limit && await Task.WhenAny(running, Task.Delay(limit)) != running)
            {
                session.Interrupt();
                await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(10)));
                throw new NotebookFailure(notebook.Path, cell, code, new("Timeout", $"the cell ran longer than {limit.TotalSeconds:0.###} s", null, []));
            }
            var result = await running;
            if (result.Value is { } value) output.Result(value, session.Count);
            if (result.Error is { } error) output.Error(error);
            return (output, result);
        }

        private async Task SolveAsync(int exercise)
        {
            var solution = notebook.Cells.Skip(exercise + 1).TakeWhile(c => !c.IsCode).Select(c => Solution().Match(c.Source)).FirstOrDefault(m => m.Success);
            if (solution is null)
            {
                var missing = new CellError("NoSolution", "no solution follows the exercise", null, []);
                throw new NotebookFailure(notebook.Path, exercise, notebook.Cells[exercise].Source, missing);
            }
            var code = solution.Groups[1].Value;
            var (_, result) = await ExecuteAsync(code, exercise);
            var shown = result.Value?.Data.GetValueOrDefault("text/plain");
            var error = result.Error ?? (shown?.EndsWith($": {Exercise.Right}", StringComparison.Ordinal) == true
                ? null : new("WrongSolution", "the solution given for this exercise does not check as right", null, []));
            if (error is not null) throw new NotebookFailure(notebook.Path, exercise, code, error);
        }
    }

    [GeneratedRegex("<summary>Solution</summary>.*?```csharp\\r?\\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Solution();
}
