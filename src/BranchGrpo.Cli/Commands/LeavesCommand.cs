using System.CommandLine;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Cli.Leaves;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Native;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo leaves</c>: quality and diversity of what trees grow, against sequential rollouts.</summary>
internal static class LeavesCommand
{
    private static readonly string[] Default =
    [
        "DanceGRPO", "BranchGRPO", "BranchGRPO s = 1", "BranchGRPO scaled 4", "BranchGRPO-Mix", "BranchGRPO-Split", "Flow-GRPO-Fast", "TreeGRPO",
    ];

    public static Command Create()
    {
        var variants = new Argument<string[]>("variants")
        {
            Description = "names of the catalogue, those with spaces in quotes; " + string.Join(", ", Default) + " if not given",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var samples = new Option<int>("--samples") { Description = "leaves of each set; 4096 in the paper", DefaultValueFactory = _ => 2048 };
        var seed = new Option<ulong>("--seed") { Description = "seed of all noise", DefaultValueFactory = _ => 1 };
        var checkpoint = new Option<string?>("--checkpoint") { Description = "policy.safetensors of a run; the base policy if not given" };
        var geometry = PlanOptions.Geometry();
        var file = new Option<FileInfo>("--out")
        {
            Description = "the CSV file, with a figure beside it; started again with the same one, only what is missing is measured",
            DefaultValueFactory = _ => new(Path.Combine("runs", "leaves.csv")),
        };
        var command = new Command("leaves", "Hold the leaves of trees against sequential rollouts: one law? how diverse?")
        {
            variants, samples, seed, checkpoint, geometry, file,
        };
        command.SetAction(parsed =>
        {
            var shape = PlanOptions.ParseGeometry(parsed.GetValue(geometry) ?? "quick");
            var names = parsed.GetValue(variants) is { Length: > 0 } given ? given : Default;
            Variant[] chosen = [.. names.Select(name => RecipeNames.FindVariant(name, shape)).DistinctBy(v => v.Name)];
            if (parsed.GetValue(samples) is var count && count < 4) throw new Failure($"--samples is {count}, must be at least 4");
            var options = new LeafOptions { Samples = count, Seed = parsed.GetValue(seed) };
            LeafStudy.PicturesOf(chosen.Select(v => v.Recipe.Plan), options);   // too few samples are told before anything is loaded
            var weights = parsed.GetValue(checkpoint) is { } path ? Path.GetFullPath(path) : null;
            if (weights is not null && !File.Exists(weights)) throw new Failure($"no file {weights}");
            return Execute(chosen, options, weights, parsed.GetValue(file)!.FullName);
        });
        return command;
    }

    private static int Execute(Variant[] variants, LeafOptions options, string? weights, string path)
    {
        RunFolder.Prepare(Path.GetDirectoryName(path)!);
        Lab.Start();
        var policyName = weights is null ? "base" : Fingerprint.Of(File.ReadAllBytes(weights), LeafKey.Digits);
        var wanted = variants.ToDictionary(v => LeafKey.Of(v, policyName, options));
        var device = Lab.Device.type == TorchSharp.DeviceType.CPU ? $"one CPU thread ({Machine.Processor})" : $"{Lab.Device}";
        var run = new LeavesRun(path, $"{device}, BranchGrpo.Kit {Machine.Kit}, .NET {Environment.Version}, TorchSharp {Machine.TorchSharp}");
        var missing = run.Missing([.. wanted.Keys]);
        Console.WriteLine($"{wanted.Count} variants of {options.Samples} leaves each ({missing.Count} to measure), in {path}");
        using var stopping = new Stopping();
        try
        {
            var results = Measure(run, wanted, missing, options, weights, stopping.Token);
            foreach (var table in LeafTable.Of(results)) ConsoleTable.Print(table);
            Console.WriteLine(LeafTable.Words);
            Console.WriteLine(PaperLeaves.Line);
            var figure = Path.ChangeExtension(path, ".svg");
            RunFolder.WriteText(figure, Figures.Leaves(results).ToSvg());
            Console.WriteLine($"{path}, {figure}");
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine($"Stopped; the variants that were finished are kept in {path}. The same command goes on from there.");
            return Failure.Stopped;
        }
    }

    private static IReadOnlyList<LeafResult> Measure(LeavesRun run, Dictionary<LeafKey, Variant> wanted, IReadOnlyList<LeafKey> missing,
        LeafOptions options, string? weights, CancellationToken stop)
    {
        if (missing.Count == 0) return run.Execute([.. wanted.Keys], _ => throw new InvalidOperationException("nothing was missing"));
        using var policy = Lab.Task.CreatePolicy();
        if (weights is not null) SafeTensors.LoadInto(policy.Network, weights);
        using var study = LeafStudy.OfShapes(policy);
        var (done, total) = (0, LeafStudy.PicturesOf(missing.Select(key => wanted[key].Recipe.Plan), options));
        var lines = new ProgressLines("pictures").From(0);
        var drawn = new Immediate<int>(more => lines.Report(done += more, total));
        return run.Execute([.. wanted.Keys], key =>
        {
            var result = study.Compare(key.Variant, wanted[key].Recipe.Plan, options, drawn: drawn, stop: stop);
            Console.WriteLine(result);
            return result;
        });
    }
}
