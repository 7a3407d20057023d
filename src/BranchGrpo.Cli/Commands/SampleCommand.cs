using System.CommandLine;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Cli.Images;
using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo sample</c>: pictures of prompts, from the base policy or from trained weights.</summary>
internal static class SampleCommand
{
    private const int Columns = 4;

    public static Command Create()
    {
        var prompts = new Option<string[]>("--prompts")
        {
            Description = "captions such as \"large red circle top left\", each in quotes; the 24 test captions if not given. "
                + "With --models any texts, or a prompt file, of which the first 16 are drawn",
            AllowMultipleArgumentsPerToken = true,
        };
        var checkpoint = new Option<string?>("--checkpoint") { Description = PipelineOptions.Checkpoint };
        var file = new Option<FileInfo>("--out") { Description = "the PNG file", DefaultValueFactory = _ => new("grid.png") };
        var seed = new Option<ulong>("--seed") { Description = "seed of the noise", DefaultValueFactory = _ => 7 };
        var images = new PipelineOptions();
        var command = new Command("sample", "Draw a grid of pictures.") { prompts, checkpoint, file, seed };
        images.AddTo(command);
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(file)!.FullName;
            string[] captions = parsed.GetValue(prompts) ?? [];
            var weights = parsed.GetValue(checkpoint) is { } given ? Path.GetFullPath(given) : null;
            if (weights is not null && !File.Exists(weights) && !Directory.Exists(weights)) throw new Failure($"no file or folder {weights}");
            if (images.Choose(parsed) is { } drawing) DrawImages(drawing, PromptTexts.Of(captions, most: 16), weights, path, parsed.GetValue(seed));
            else DrawShapes(captions is [] ? [.. ShapesPrompts.Test] : captions, weights, path, parsed.GetValue(seed));
            Console.WriteLine(path);
        });
        return command;
    }

    private static void DrawShapes(string[] captions, string? weights, string path, ulong seed)
    {
        foreach (var caption in captions) Caption.Parse(caption);
        RunFolder.Prepare(Path.GetDirectoryName(path)!);
        using var policy = EmbeddedTask.Create("cpu").CreatePolicy();
        if (weights is not null) SafeTensors.LoadInto(policy.Network, weights);
        EmbeddedTask.SaveGrid(policy, path, captions, seed);
    }

    private static void DrawImages(ImageDrawing drawing, IReadOnlyList<string> prompts, string? weights, string path, ulong seed)
    {
        RunFolder.Prepare(Path.GetDirectoryName(path)!);
        using var stopping = new Stopping();
        drawing.Embed(prompts, stopping.Token);
        var pictures = drawing.Draw(prompts, weights, seed, stopping.Token);
        WholeFile.Write(path, temporary => File.WriteAllBytes(temporary, ContactSheet.Encode(pictures, Columns, prompts)));
    }
}
