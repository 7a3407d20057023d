using System.CommandLine;
using System.Globalization;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes;
using TorchSharp;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo shapes</c>: makes and looks at the embedded task.</summary>
internal static class ShapesCommand
{
    /// <summary>Rounding differs between processors; another seed or setting differs by more than a percent.</summary>
    private const double SamePretraining = 1e-3;

    public static Command Create() => new("shapes", "The embedded task: make its weights, check them, look at its pictures.")
    {
        Pretrain(), Verify(), Render(),
    };

    private static Command Pretrain()
    {
        var what = new Argument<PretrainingTarget[]>("what")
        {
            Description = "Policy, Reward, HeldOutReward; all three if not given",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var folder = new Option<DirectoryInfo>("--out")
        {
            Description = "where the weights go",
            DefaultValueFactory = _ => new(Path.Combine("data", "shapes")),
        };
        var size = new Option<string>("--size") { Description = "cpu, gpu-small or gpu-large", DefaultValueFactory = _ => ShapesSize.Cpu.Name };
        var seed = new Option<ulong>("--seed") { Description = "seed of every draw", DefaultValueFactory = _ => 1 };
        var steps = new Option<int?>("--steps") { Description = "optimiser steps, instead of the usual ones: a trial" };
        var command = new Command("pretrain", "Make the base policy and both rewards from nothing. Stopped, it goes on when started again.")
        {
            what, folder, size, seed, steps,
        };
        command.SetAction(parsed =>
        {
            RunFolder.Prepare(parsed.GetValue(folder)!.FullName);
            var options = new PretrainingOptions { Size = ShapesSize.Find(parsed.GetValue(size)!), Seed = parsed.GetValue(seed) };
            if (parsed.GetValue(steps) is { } count) options = options with { PolicySteps = count, RewardSteps = count };
            LibTorch.Load();
            torch.set_num_threads(1);
            using var stopping = new Stopping();
            foreach (var target in parsed.GetValue(what) is { Length: > 0 } chosen ? chosen : Enum.GetValues<PretrainingTarget>())
            {
                Console.WriteLine(ShapesPretraining.Run(target, parsed.GetValue(folder)!.FullName, options, new Lines(), stopping.Token));
            }
        });
        return command;
    }

    private static Command Verify()
    {
        var command = new Command("verify", "Score the shipped base policy, and hold the first steps of pretraining against the record in the files.");
        command.SetAction(_ =>
        {
            var task = EmbeddedTask.Create("cpu");
            torch.set_num_threads(1);
            using var policy = task.CreatePolicy();
            foreach (var (name, value) in task.Evaluate(policy).Values) Say($"{name,-22} {value:0.000}");
            var options = new PretrainingOptions();
            var same = Enum.GetValues<PretrainingTarget>().Select(target => IsAsRecorded(target, options)).ToArray();
            return same.All(s => s) ? 0 : 1;
        });
        return command;
    }

    private static bool IsAsRecorded(PretrainingTarget target, PretrainingOptions options)
    {
        var recorded = ShapesPretraining.RecordedFingerprint(Path.Combine(ShapesData.Locate(), ShapesPretraining.FileOf(target, options.Size)));
        var now = ShapesPretraining.FirstSteps(target, options);
        var distance = now.Distance(recorded);
        Say($"{target}: the first {now.Step} steps of pretraining differ from the record in the file by {distance:0.0e0} (relative)");
        return distance < SamePretraining;
    }

    private static Command Render()
    {
        var file = new Option<FileInfo>("--out") { Description = "the PNG file", DefaultValueFactory = _ => new("shapes.png") };
        var command = new Command("render", "Draw real pictures of the 24 test captions.") { file };
        command.SetAction(parsed =>
        {
            LibTorch.Load();
            var path = parsed.GetValue(file)!.FullName;
            RunFolder.Prepare(Path.GetDirectoryName(path)!);
            using var generator = new torch.Generator(1);
            using var pictures = ShapesRenderer.Render([.. ShapesPrompts.Test.Select(Caption.Parse)], generator);    // [24, 3, 32, 32]
            PictureGrid.Save(path, pictures, 8, ShapesPrompts.Test);
            Console.WriteLine(path);
        });
        return command;
    }

    private static void Say(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));

    /// <summary>A line per report.</summary>
    private sealed class Lines : IProgress<PretrainingProgress>
    {
        public void Report(PretrainingProgress p)
        {
            var quality = p.Quality is { } q ? FormattableString.Invariant($", quality {q:0.00}") : "";
            Say($"{p.Elapsed:mm\\:ss}  {p.Target} step {p.Step} of {p.Steps}, loss {p.Loss:0.0000}{quality}, about {p.Left:mm\\:ss} left");
        }
    }
}
