using System.Diagnostics;

namespace BranchGrpo.Kit;

/// <summary>What a second of training is.</summary>
public enum TrainingClock
{
    /// <summary>Elapsed time. The only choice on a GPU, where the processor waits.</summary>
    Wall,

    /// <summary>Processor time of the process, all threads. Fair between one-thread runs on a machine that does other things too.</summary>
    Processor,
}

/// <summary>Reads training clocks.</summary>
public static class TrainingClocks
{
    /// <summary>Seconds since some fixed moment; only differences mean anything.</summary>
    public static double Now(this TrainingClock clock) => clock == TrainingClock.Wall
        ? (double)Stopwatch.GetTimestamp() / Stopwatch.Frequency
        : Environment.CpuUsage.TotalTime.TotalSeconds;
}
