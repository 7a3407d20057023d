namespace BranchGrpo.Kit;

/// <summary>Which steps are stochastic, besides those that split.</summary>
public abstract record StochasticRule
{
    private StochasticRule() { }

    /// <summary>Every step.</summary>
    public sealed record All : StochasticRule;

    /// <summary>The split steps only; everything else is ODE.</summary>
    public sealed record SplitsOnly : StochasticRule;

    /// <summary>A window of steps that moves over iterations, ODE outside (MixGRPO); with splits their union with it (BranchGRPO-Mix).</summary>
    /// <param name="Schedule">Where the window is at each iteration.</param>
    public sealed record Window(WindowSchedule Schedule) : StochasticRule;

    /// <summary>The published code's window: step i is stochastic where i mod stride &lt; length. It depends on the denoising step, never on the
    /// iteration.</summary>
    /// <param name="Length">Stochastic steps per block.</param>
    /// <param name="Stride">Length of a block; the script's 30 exceeds T, so that the window stands still at the start.</param>
    public sealed record PublishedWindow(int Length, int Stride) : StochasticRule;

    /// <summary>One flag per step.</summary>
    /// <param name="steps">Number of steps T.</param>
    /// <param name="iteration">Counted from 1.</param>
    internal bool[] Steps(int steps, int iteration)
    {
        var window = this is Window w ? w.Schedule.WindowAt(iteration - 1) : default;
        return [.. Enumerable.Range(0, steps).Select(i => this switch
        {
            All => true,
            Window => i >= window.Start && i < window.Start + window.Length,
            PublishedWindow p => i % Math.Max(1, p.Stride) < Math.Max(1, p.Length),
            _ => false,
        })];
    }
}
