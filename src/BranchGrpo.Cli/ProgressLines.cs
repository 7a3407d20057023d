using System.Diagnostics;

namespace BranchGrpo.Cli;

/// <summary>Progress of work that a command does itself: a line now and then, with the time left.</summary>
/// <param name="what">What is counted.</param>
/// <param name="pause">Between lines.</param>
internal sealed class ProgressLines(string what, TimeSpan pause)
{
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private TimeSpan next;
    private int first = -1;

    /// <summary>Lines ten seconds apart, as workers report; every second in a terminal.</summary>
    public ProgressLines(string what) : this(what, TimeSpan.FromSeconds(Console.IsOutputRedirected ? 10 : 1)) { }

    /// <summary>Told before the first piece of work where pieces are of unequal size: what was done before took no time of ours.</summary>
    public ProgressLines From(int done)
    {
        first = done;
        return this;
    }

    /// <summary>Told after each piece of work.</summary>
    /// <param name="done">Pieces done, those of earlier calls of the program included.</param>
    /// <param name="total">Of all.</param>
    public void Report(int done, int total)
    {
        if (first < 0) first = done - 1;                                        // what was done before took no time of ours
        if (watch.Elapsed < next && done < total) return;
        next = watch.Elapsed + pause;
        var left = watch.Elapsed * ((double)(total - done) / (done - first));
        Console.WriteLine($"{Clock(watch.Elapsed)}  {what} {done} of {total}{(done < total ? $", about {Clock(left)} left" : "")}");
    }

    private static string Clock(TimeSpan time) => time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time:mm\\:ss}" : $"{time:mm\\:ss}";
}
