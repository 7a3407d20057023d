using System.Globalization;
using Spectre.Console;

namespace BranchGrpo.Cli.Compare;

/// <summary>Shows a board while work goes on: bars in a terminal, a line now and then elsewhere.</summary>
internal static class ProgressDisplay
{
    public static Task ShowAsync(ProgressBoard board, Task work) =>
        AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected ? BarsAsync(board, work) : LinesAsync(board, work);

    private static Task BarsAsync(ProgressBoard board, Task work) => AnsiConsole.Progress()
        .AutoClear(true)
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
        .StartAsync(async context =>
        {
            var total = context.AddTask("all", maxValue: 1);
            var bars = new Dictionary<WorkerJob, ProgressTask>();
            do
            {
                await Task.WhenAny(work, Task.Delay(250));
                total.Value = board.Fraction();
                total.Description = $"all, {Left(board)}";
                foreach (var (job, line) in board.Lines())
                {
                    if (line.Running && !bars.ContainsKey(job)) bars[job] = context.AddTask(job.Name, maxValue: 1);
                    if (!bars.TryGetValue(job, out var bar)) continue;
                    bar.Value = line.Fraction;
                    bar.Description = Markup.Escape(Describe(job, line));
                    if (!line.Running) bar.StopTask();
                }
            }
            while (!work.IsCompleted);
        });

    private static async Task LinesAsync(ProgressBoard board, Task work)
    {
        var ended = new HashSet<WorkerJob>();
        var next = TimeSpan.Zero;
        do
        {
            await Task.WhenAny(work, Task.Delay(500));
            foreach (var (job, line) in board.Lines().Where(l => !l.Line.Running && (l.Line.Seen || l.Line.Error is not null)))
            {
                if (ended.Add(job)) Console.WriteLine($"{Clock(board.Elapsed)}  {Describe(job, line)}{(line.Error is null ? "" : ": " + line.Error)}");
            }
            if (board.Elapsed < next || work.IsCompleted) continue;
            next = board.Elapsed + TimeSpan.FromSeconds(10);
            var running = board.Lines().Where(l => l.Line.Running && l.Line.Seen).Select(l => Describe(l.Job, l.Line));
            Console.WriteLine($"{Clock(board.Elapsed)}  {board.Fraction(),4:P0} done, {Left(board)}  |  {string.Join("  |  ", running)}");
        }
        while (!work.IsCompleted);
    }

    private static string Describe(WorkerJob job, ProgressBoard.Line line) => job.Embeds ? $"{job.Name}: {line.Iteration} embedded" : string.Create(
        CultureInfo.InvariantCulture, $"{job.Name}: iteration {line.Iteration}{(line.Reward is { } r ? $", reward {r:0.000}" : "")}");

    private static string Left(ProgressBoard board) => board.Left() is { } left ? $"about {Clock(left)} left" : "time left not known yet";

    private static string Clock(TimeSpan time) => time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time:mm\\:ss}" : $"{time:mm\\:ss}";
}
