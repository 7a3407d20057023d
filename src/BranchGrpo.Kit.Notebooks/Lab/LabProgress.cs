using System.Diagnostics;
using BranchGrpo.Kit.Notebooks.Session;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Progress of a run or a measurement as one line of console output that is written over, with the time left.</summary>
internal sealed class LabProgress(string name) : IProgress<RunProgress>
{
    private readonly long start = Stopwatch.GetTimestamp();
    private double first = -1;
    private TimeSpan shown;

    // Other kernels keep every piece of console output on its own.
    private readonly TimeSpan pause = TimeSpan.FromSeconds(CellConsole.Running is null ? 20 : 1);

    public void Report(RunProgress value) => Report(value.Fraction);

    public void Report(double fraction)
    {
        var elapsed = Stopwatch.GetElapsedTime(start);
        if (first < 0) first = fraction;
        if (elapsed - shown < pause || fraction >= 1) return;
        shown = elapsed;
        var left = fraction > first ? elapsed * ((1 - fraction) / (fraction - first)) : (TimeSpan?)null;
        Console.Write($"\r{name}: {fraction,4:P0}{(left is { } t ? $", {t.TotalSeconds:0} s left" : "")}   ");
    }

    public void Finish(RunRecord record) => Finish($"{record.LastIteration} iterations in {record.LastSeconds:0.0} training seconds");

    public void Finish(string words)
    {
        if (first < 0) return;                                                 // the run was there already
        Console.WriteLine($"\r{name}: {words}        ");
    }
}
