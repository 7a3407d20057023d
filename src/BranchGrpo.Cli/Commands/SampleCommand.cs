using System.CommandLine;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo sample</c>: pictures of prompts, from the base policy or from trained weights.</summary>
internal static class SampleCommand
{
    public static Command Create()
    {
        var prompts = new Option<string[]>("--prompts")
        {
            Description = "captions such as \"large red circle top left\", each in quotes; the 24 test captions if not given",
            AllowMultipleArgumentsPerToken = true,
        };
        var checkpoint = new Option<FileInfo?>("--checkpoint") { Description = $"a run's {RunFolder.Policy}; the base policy if not given" };
        var file = new Option<FileInfo>("--out") { Description = "the PNG file", DefaultValueFactory = _ => new("grid.png") };
        var seed = new Option<ulong>("--seed") { Description = "seed of the noise", DefaultValueFactory = _ => 7 };
        var command = new Command("sample", "Draw a grid of pictures.") { prompts, checkpoint, file, seed };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(file)!.FullName;
            RunFolder.Prepare(Path.GetDirectoryName(path)!);
            string[] captions = parsed.GetValue(prompts) is { Length: > 0 } given ? given : [.. ShapesPrompts.Test];
            foreach (var caption in captions) Caption.Parse(caption);
            var weights = parsed.GetValue(checkpoint);
            if (weights is { Exists: false }) throw new Failure($"no file {weights.FullName}");
            using var policy = EmbeddedTask.Create("cpu").CreatePolicy();
            if (weights is not null) SafeTensors.LoadInto(policy.Network, weights.FullName);
            EmbeddedTask.SaveGrid(policy, path, captions, parsed.GetValue(seed));
            Console.WriteLine(path);
        });
        return command;
    }
}
