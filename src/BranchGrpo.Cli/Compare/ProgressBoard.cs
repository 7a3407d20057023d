using System.Diagnostics;

namespace BranchGrpo.Cli.Compare;

/// <summary>How far all jobs are. Workers report to it from their own tasks; a display reads it.</summary>
internal sealed class ProgressBoard(IReadOnlyList<WorkerJob> jobs)
{
    private readonly Lock gate = new();
    private readonly Dictionary<WorkerJob, Line> lines = jobs.ToDictionary(job => job, _ => new Line());
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private double before;

    /// <summary>Where a job stands.</summary>
    public sealed record Line(
        bool Running = false, double Fraction = 0, int Iteration = 0, double? Reward = null, string? Error = null, bool Seen = false);

    public TimeSpan Elapsed => watch.Elapsed;

    public void Begin(WorkerJob job) => Change(job, line => line with { Running = true });

    public void Report(WorkerJob job, WorkerMessage message) => Change(job, line =>
    {
        if (!line.Seen) before += message.Fraction;                             // what an earlier process had done took no time of ours
        return line with { Seen = true, Fraction = message.Fraction, Iteration = message.Iteration, Reward = message.Reward ?? line.Reward };
    });

    public void End(WorkerJob job, string? error) => Change(job, line => line with { Running = false, Error = error });

    /// <summary>The jobs that run now or have run.</summary>
    public IReadOnlyList<(WorkerJob Job, Line Line)> Lines()
    {
        lock (gate) return [.. jobs.Select(job => (job, lines[job]))];
    }

    /// <summary>Share of all work done, in [0, 1].</summary>
    public double Fraction()
    {
        lock (gate) return jobs.Count == 0 ? 1 : lines.Values.Sum(line => line.Error is null ? line.Fraction : 1) / jobs.Count;
    }

    /// <summary>Time left at the pace so far; null while too little is known.</summary>
    public TimeSpan? Left()
    {
        lock (gate)
        {
            var done = lines.Values.Sum(line => line.Fraction) - before;
            var left = lines.Values.Sum(line => line.Error is null ? 1 - line.Fraction : 0);
            return done < 0.02 * jobs.Count ? null : watch.Elapsed * (left / done);
        }
    }

    private void Change(WorkerJob job, Func<Line, Line> change)
    {
        lock (gate) lines[job] = change(lines[job]);
    }
}
