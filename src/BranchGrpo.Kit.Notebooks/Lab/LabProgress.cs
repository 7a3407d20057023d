using System.Diagnostics;
using BranchGrpo.Kit.Notebooks.Session;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Progress of a run as one line of console output that is written over, with the time left.</summary>
internal sealed class LabProgress(string name) : IProgress<RunProgress>
{
    private readonly long start = Stopwatch.GetTimestamp();
    private double first = -1;
    private TimeSpan shown;

    // Other kernels keep every piece of console output on its own.
    private readonly TimeSpan pause = TimeSpan.FromSeconds(CellConsole.Running is null ? 20 : 1);

    public void Report(RunProgress value)
    {
        var elapsed = Stopwatch.GetElapsedTime(start);
        if (first < 0) first = value.Fraction;
        if (elapsed - shown < pause || value.Fraction >= 1) return;
        shown = elapsed;
        var left = value.Fraction > first ? elapsed * ((1 - value.Fraction) / (value.Fraction - first)) : (TimeSpan?)null;
        Console.Write($"\r{name}: {value.Fraction,4:P0}{(left is { } t ? $", {t.TotalSeconds:0} s left" : "")}   ");
    }

    public void Finish(RunRecord record)
    {
        if (first < 0) return;                                                 // the run was there already
        Console.WriteLine($"\r{name}: {record.LastIteration} iterations in {record.LastSeconds:0.0} training seconds        ");
    }
}
