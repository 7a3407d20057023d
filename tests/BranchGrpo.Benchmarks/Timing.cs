using BranchGrpo.Kit;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Benchmarks;

/// <summary>Seconds of repeated work: median and quartiles.</summary>
internal sealed record Timing(string Name, double[] Seconds)
{
    public double Median => Quantile(0.5);

    public string Quartiles => $"{Quantile(0.25):0.000}–{Quantile(0.75):0.000}";

    /// <summary>Runs all works in turn, again and again, so that a drift of the machine hits all alike. The first round is thrown away.</summary>
    /// <param name="repetitions">Rounds that count.</param>
    /// <param name="works">Each returns the seconds it wants to be judged by.</param>
    public static Timing[] Interleaved(int repetitions, IReadOnlyList<(string Name, Func<double> Run)> works)
    {
        var seconds = works.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round <= repetitions; round++)
            foreach (var (k, (_, run)) in works.Index())
            {
                var took = run();
                if (round > 0) seconds[k].Add(took);
            }
        return [.. works.Zip(seconds, (work, s) => new Timing(work.Name, [.. s]))];
    }

    /// <summary>Seconds of an action: processor seconds of a one-thread process on a CPU, as runs count them, so that other programs do not decide;
    /// elapsed seconds otherwise, the accelerator's queue included.</summary>
    public static double Of(Action action, Device device)
    {
        var clock = device.type == DeviceType.CPU && get_num_threads() == 1 ? TrainingClock.Processor : TrainingClock.Wall;
        Wait(device);
        var start = clock.Now();
        action();
        Wait(device);
        return clock.Now() - start;
    }

    private static void Wait(Device device)
    {
        if (device.type == DeviceType.CUDA) cuda.synchronize(device);
    }

    private double Quantile(double q)
    {
        var sorted = Seconds.Order().ToArray();
        return sorted[(int)Math.Round(q * (sorted.Length - 1))];
    }
}
