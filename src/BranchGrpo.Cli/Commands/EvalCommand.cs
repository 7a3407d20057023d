using System.CommandLine;
using BranchGrpo.Cli.Images;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo eval</c>: a checkpoint on held-out prompts, one picture each from fixed noise; 400 prompts are the published protocol.</summary>
internal static class EvalCommand
{
    public static Command Create()
    {
        var images = new ImageOptions(trains: false);
        var all = new Option<bool>("--all") { Description = "every prompt of the file, none of which a run was trained on" };
        var family = new Option<string?>("--family") { Description = "flux or sd3; the one that is there if not given" };
        var (preset, device) = (PipelineOptions.PresetOption(), PipelineOptions.DeviceOption());
        var count = new Option<int>("--count")
        {
            Description = "prompts, of those that runs set aside in the file; 400 in the papers",
            DefaultValueFactory = _ => 400,
        };
        var checkpoint = new Option<string?>("--checkpoint") { Description = PipelineOptions.Checkpoint };
        var folder = new Option<DirectoryInfo>("--out")
        {
            Description = "folder of the scores; started again with the same one, it goes on",
            DefaultValueFactory = _ => new(Path.Combine("runs", "eval")),
        };
        var command = new Command("eval", "Score a checkpoint of an image model on held-out prompts.")
        {
            family, preset, device, count, all, checkpoint, folder,
        };
        images.AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(count) is var most && most < 1) throw new Failure($"--count is {most}, must be at least 1");
            var choice = images.Choose(parsed, folder => PipelineOptions.FamilyOf(folder, parsed.GetValue(family)), parsed.GetValue(preset), "eval");
            var weights = parsed.GetValue(checkpoint) is { } given ? Path.GetFullPath(given) : null;
            if (weights is not null && !File.Exists(weights) && !Directory.Exists(weights)) throw new Failure($"no file or folder {weights}");
            var place = parsed.GetValue(device) ?? (choice.Preset == "tiny" ? "cpu" : "cuda");
            using var stopping = new Stopping();
            var options = choice.EvaluationOptions(place, most, parsed.GetValue(all));
            return CheckpointEvaluation.Run(options, weights, parsed.GetValue(folder)!.FullName, stopping.Token);
        });
        return command;
    }
}
