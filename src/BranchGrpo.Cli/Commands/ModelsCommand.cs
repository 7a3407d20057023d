using System.CommandLine;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Cli.Images;
using BranchGrpo.Kit.Models.Library;
using BranchGrpo.Kit.Models.Library.Tiny;
using BranchGrpo.Kit.Native;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo models</c>: the user's folder of published checkpoints.</summary>
internal static class ModelsCommand
{
    public static Command Create() => new("models", "Published image models and rewards: check a folder of them, make tiny ones, embed prompts.")
    {
        Check(), MakeTiny(), Embed(),
    };

    private static Command Check()
    {
        var folder = Folder();
        var device = new Option<string?>("--device") { Description = "cpu or cuda; cuda if there is one" };
        var command = new Command("check", "Say what is in a folder, what is missing, what it needs and whether it fits this device.") { folder, device };
        command.SetAction(parsed => ModelsReport.Print(ModelFolder.Open(parsed.GetValue(folder)!.FullName), parsed.GetValue(device)));
        return command;
    }

    private static Command MakeTiny()
    {
        var folder = Folder();
        var seed = new Option<ulong>("--seed") { Description = "seed of the weights", DefaultValueFactory = _ => 1 };
        var command = new Command("make-tiny", "Write every model in its published layout, a few MB in all, with random weights: to try things out.")
        {
            folder, seed,
        };
        command.SetAction(parsed =>
        {
            LibTorch.Load();
            var path = parsed.GetValue(folder)!.FullName;
            RunFolder.Prepare(path);
            var made = TinyModels.Make(path, parsed.GetValue(seed));
            foreach (var model in made.Models) Console.WriteLine($"{model.Kind.Title(),-28} {model.Path}");
            Console.WriteLine($"Next: branchgrpo run flux-branchgrpo --models {path} --prompts {Path.Combine(path, TinyModels.Prompts)}");
        });
        return command;
    }

    private static Command Embed()
    {
        var models = new PipelineOptions();
        var prompts = new Option<string>("--prompts") { Description = "prompt file", Required = true };
        var count = new Option<int>("--count") { Description = "most prompts of the file; each takes 4 MB of disk for FLUX", DefaultValueFactory = _ => 512 };
        var command = new Command("embed", "Embed prompts for later runs, so that these need no text encoders. Stopped, it goes on when started again.")
        {
            prompts, count,
        };
        models.AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(count) is var most && most < 1) throw new Failure($"--count is {most}, must be at least 1");
            var drawing = models.Require(parsed, "embed");
            var texts = PromptTexts.Read(parsed.GetValue(prompts)!, most);
            using var stopping = new Stopping();
            var done = drawing.Embed(texts, stopping.Token);
            Console.WriteLine($"{texts.Count} prompts in {drawing.Embeddings}, {done} of them embedded now");
        });
        return command;
    }

    private static Argument<DirectoryInfo> Folder() => new("folder") { Description = "folder of the models" };
}
