using System.Globalization;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit.Native;

namespace BranchGrpo.Cli.Signal;

/// <summary>Measures what is missing of a plan, keeps every variant as it is done, and prints a table.</summary>
internal static class SnrRun
{
    public static int Execute(SnrPlan plan, string? path)
    {
        var rows = plan.Done(path);
        if (path is not null) RunFolder.Prepare(Path.GetDirectoryName(path)!);
        Variant[] missing = [.. plan.Variants.Where(v => !rows.ContainsKey(v.Name))];
        Console.WriteLine($"{plan.Variants.Length} variants ({missing.Length} to do) of {plan.Iterations} iterations at the base policy"
            + (path is null ? "" : $", in {path}"));
        using var stopping = new Stopping();
        try
        {
            foreach (var row in Measured(plan, missing, stopping.Token))
            {
                rows[row.Signal.Name] = row;
                if (path is not null) SignalTable.Write(path, rows.Values);
            }
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine(path is null ? "Stopped; with --out finished variants are kept."
                : $"Stopped; finished variants are kept in {path}. The same command goes on from there.");
            return Failure.Stopped;
        }
        ConsoleTable.Print(Table([.. plan.Variants.Select(v => rows[v.Name].Signal)]));
        Console.WriteLine("""
            1000 × S/(N − S): S is the mean inner product of the gradients of different iterations, N their mean squared norm; ± standard error (jackknife).
            Adam: gradients divided by the root mean square of DanceGRPO's. Units: rollout + 3 x trained evaluations of an iteration.
            By step: Adam, denoising step 0 first, - where none is trained. Windows stand where they stand in the first iterations of a run.
            """);
        return 0;
    }

    // One probe for what trains the usual parameters, one for what trains all.
    private static IEnumerable<SignalRow> Measured(SnrPlan plan, Variant[] variants, CancellationToken stop)
    {
        if (variants.Length == 0) yield break;
        LibTorch.Load();
        TorchSharp.torch.set_num_threads(1);
        var groups = variants.GroupBy(v => v.TrainsAll).ToArray();
        var (lines, done, total) = (new ProgressLines("iterations, Adam's scale included:"), 0, 0);
        foreach (var group in groups)
        {
            var task = EmbeddedTask.Create("cpu", group.Key);
            using var policy = task.CreatePolicy();
            using var probe = new SignalProbe(task, policy) { ScaleIterations = Math.Min(16, plan.Iterations) };
            total = (groups.Length * probe.ScaleIterations) + (variants.Length * plan.Iterations);
            void Report(int _) => lines.Report(++done, total);
            probe.Prepare(Report, stop);
            foreach (var variant in group)
            {
                var signal = probe.Measure(variant.Recipe, plan.Iterations, plan.Seed, Report, stop);
                yield return new(variant.Key, plan.Seed, signal);
            }
        }
    }

    private static ResultTable Table(IReadOnlyList<SignalToNoise> signals)
    {
        var steps = signals.SelectMany(s => s.Steps).Select(s => s.Step).DefaultIfEmpty().Max() + 1;
        return new("Signal to noise of one iteration's gradient, thousandths", ["variant", "units", "plain", "Adam", "Adam per 1,000 units", "Adam by step"],
        [
            .. signals.Select(s => (IReadOnlyList<string>)
            [
                s.Name, s.ForwardUnits.ToString("0", CultureInfo.InvariantCulture), $"{1000 * s.Plain}", $"{1000 * s.Adam}", $"{1000 * s.PerThousandUnits}",
                string.Join(' ', Enumerable.Range(0, steps).Select(step => s.Step(step) is { } found
                    ? (1000 * found.Adam.Value).ToString("0.0", CultureInfo.InvariantCulture) : "-")).TrimEnd('-', ' '),
            ]),
        ]);
    }
}
