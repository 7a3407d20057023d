namespace BranchGrpo.Kit;

/// <summary>What a second of training is.</summary>
public enum TrainingClock
{
    /// <summary>Elapsed time. The only choice on a GPU, where the processor waits.</summary>
    Wall,

    /// <summary>Processor time of the process, all threads. Fair between one-thread runs on a machine that does other things too.</summary>
    Processor,
}
