namespace BranchGrpo.Kit;

/// <summary>What a window does when its start passes the last one allowed.</summary>
public enum WindowEnd
{
    /// <summary>It stays at the last start.</summary>
    Stay,

    /// <summary>It returns to the first start.</summary>
    BeginAnew,
}

/// <summary>How many iterations a window stays at a start.</summary>
public abstract record WindowPace
{
    private WindowPace() { }

    /// <summary>The same number everywhere.</summary>
    /// <param name="Iterations">At least 1.</param>
    public sealed record Constant(int Iterations) : WindowPace;

    /// <summary>From <paramref name="Most"/> at start 0 linearly down to <paramref name="Least"/> at the end, truncated.</summary>
    /// <param name="Most">Iterations at the start.</param>
    /// <param name="Least">Iterations at the end.</param>
    public sealed record Linear(int Most, int Least) : WindowPace;

    /// <summary>⌈n·exp(−k·max(0, start − threshold))⌉.</summary>
    /// <param name="Iterations">n.</param>
    /// <param name="Threshold">First start that is shortened; MixGRPO's default is 13.</param>
    /// <param name="Rate">k; MixGRPO's default is 0.1.</param>
    public sealed record Exponential(int Iterations, int Threshold = 13, double Rate = 0.1) : WindowPace;

    /// <summary>A new start every iteration, start k with probability ∝ Ratio^k; the first iteration takes the first start.</summary>
    /// <param name="Seed">Fixes the draws.</param>
    /// <param name="Ratio">In (0, 1]: 1, the default, draws evenly; TreeGRPO's truncated geometric law has 0.5.</param>
    public sealed record Random(ulong Seed, double Ratio = 1) : WindowPace
    {
        /// <summary>Probability of a start over that of the start before it.</summary>
        public double Ratio { get; init => field = Require.Fraction(value); } = Require.Fraction(Ratio);
    }
}

/// <summary>Where a window of stochastic steps is at each iteration: steps start … start + length − 1. A pure function of the iteration.</summary>
/// <param name="Length">Steps of the window, at least 1.</param>
/// <param name="Steps">The window is cut off at this step.</param>
/// <param name="Pace">How long it stays.</param>
/// <remarks>MixGRPO, arXiv 2507.21802. Its trainer passes T − 2 for <paramref name="Steps"/> and lets the window shrink there, to nothing at the
/// end.</remarks>
public sealed record WindowSchedule(int Length, int Steps, WindowPace Pace)
{
    /// <summary>Steps of the window.</summary>
    public int Length { get; init => field = Require.AtLeast(value, 1); } = Require.AtLeast(Length, 1);

    /// <summary>First start.</summary>
    public int First { get; init => field = Require.AtLeast(value, 0); }

    /// <summary>Steps that the start moves at a time.</summary>
    public int Stride { get; init => field = Require.AtLeast(value, 1); } = 1;

    /// <summary>Last start allowed.</summary>
    public int Last { get; init => field = Require.AtLeast(value, 0); } = Steps;

    /// <summary>What happens past it.</summary>
    public WindowEnd End { get; init; } = WindowEnd.Stay;

    /// <summary>A window that moves one step every so many iterations over all starts at which it is whole and the last step is left out, then begins
    /// anew.</summary>
    /// <param name="length">Steps of the window.</param>
    /// <param name="steps">Number of steps T.</param>
    /// <param name="every">Iterations per move.</param>
    public static WindowSchedule Sliding(int length, int steps, int every) =>
        new(length, steps, new WindowPace.Constant(Require.AtLeast(every, 1))) { Last = Math.Max(0, steps - length - 1), End = WindowEnd.BeginAnew };

    /// <summary>The window of an iteration.</summary>
    /// <param name="iteration">Counted from 0.</param>
    /// <returns>First step and number of steps, 0 where the window has run out.</returns>
    public (int Start, int Length) WindowAt(int iteration)
    {
        Require.AtLeast(iteration, 0);
        var start = First;
        if (Pace is WindowPace.Random random)
            start = iteration == 0 ? First : Draw(SeededNoise.Hash(random.Seed, (ulong)iteration, 0x3177), random.Ratio);
        else
            for (var left = iteration; left >= Stay(start); start = Next(start)) left -= Stay(start);
        return (start, Math.Clamp(Steps - start, 0, Length));
    }

    private int Draw(ulong bits, double ratio)
    {
        var starts = (ulong)(Math.Max(0, Math.Min(Last, Steps - Length)) + 1);
        if (ratio == 1) return (int)(bits % starts);
        // Inverse of the distribution function (1 − r^(k+1)) / (1 − r^n) at a uniform number with 53 bits.
        var mass = 1 - ((bits >> 11) * (1.0 / (1L << 53)) * (1 - Math.Pow(ratio, starts)));
        return Math.Min((int)starts - 1, (int)Math.Floor(Math.Log(mass) / Math.Log(ratio)));
    }

    private int Next(int start) => start + Stride <= Last ? start + Stride : End == WindowEnd.BeginAnew ? First : Last;

    private int Stay(int start) => Math.Max(1, Pace switch
    {
        WindowPace.Constant constant => constant.Iterations,
        WindowPace.Linear linear => Math.Max(linear.Least, (int)(linear.Most - (linear.Most - linear.Least) * (double)start / Steps)),
        WindowPace.Exponential fading => (int)Math.Ceiling(fading.Iterations * Math.Exp(-fading.Rate * Math.Max(0, start - fading.Threshold))),
        _ => 1,
    });
}
