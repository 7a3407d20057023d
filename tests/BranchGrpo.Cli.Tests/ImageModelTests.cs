using System.Globalization;
using System.Text.Json;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Models.Library.Tiny;
using BranchGrpo.Kit.Native;
using Xunit;

namespace BranchGrpo.Cli.Tests;

/// <summary>The whole path of real image models on tiny ones: check, embed, train, stop and go on, draw, score.</summary>
public sealed class ImageModelTests : IClassFixture<ImageModelTests.Tiny>, IDisposable
{
    private const string Train = "--prompts tiny/prompts.txt --geometry quick --iterations 2 --jobs 1 --held-out clipscore";
    private readonly TemporaryFolder folder = new();

    public ImageModelTests(Tiny made)
    {
        foreach (var file in Directory.EnumerateFiles(made.Folder.Path, "*", SearchOption.AllDirectories))
        {
            var copy = folder.File(Path.Combine("tiny", Path.GetRelativePath(made.Folder.Path, file)));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Made once; every test has a copy.</summary>
    public sealed class Tiny : IDisposable
    {
        public Tiny()
        {
            LibTorch.Load();
            TinyModels.Make(Folder.Path);
        }

        internal TemporaryFolder Folder { get; } = new();

        public void Dispose() => Folder.Dispose();
    }

    [Fact]
    public async Task From_a_folder_of_checkpoints_to_scores()
    {
        var check = await Succeeds("models check tiny --device cpu");
        Assert.Contains("complete: 'run' can train", check);
        Assert.Contains("lora 4: ", check);                                     // what the tiny preset is predicted to need
        Assert.Contains(", fits", check);
        Assert.Contains("8 of them embedded now", await Succeeds("models embed --models tiny --prompts tiny/prompts.txt --count 8"));
        Assert.Contains("12 prompts in", await Succeeds("models embed --models tiny --prompts tiny/prompts.txt --count 12"));

        var said = await Succeeds($"run flux-branchgrpo --models tiny {Train} --out run");
        Assert.Contains("4 held out", said);
        Assert.Contains("8 latents a call", said);
        said = await Succeeds($"run flux-branchgrpo --models tiny {Train} --rewards hps,pickscore:0.5 --mixing advantages --micro-batch 3 --out mixed");
        Assert.Contains("mixed as advantages", said);
        Assert.Contains("3 latents a call", said);
        var record = RunRecord.Read(folder.File("run/flux-branchgrpo-seed1/record.jsonl"));
        Assert.True(record.IsComplete);
        Assert.Equal(2, record.LastIteration);
        string[] scores = ["hpsv2.1", "heldout", "clipscore-published"];
        Assert.All(record.Evaluations, e => Assert.All(scores, score => Assert.True(e.Scores.ContainsKey(score), score)));
        Assert.All(record.Iterations, i => Assert.True(i.Metrics.FirstRatioError <= 1e-6 && i.Metrics.GradNorm > 0));
        Assert.True(File.Exists(folder.File("run/report.html")));
        Assert.NotEqual(Picture.Read(folder.File("run/flux-branchgrpo-seed1/before.png")).Bytes.ToArray(),
            Picture.Read(folder.File("run/flux-branchgrpo-seed1/after.png")).Bytes.ToArray());

        Assert.True(File.Exists(folder.File("run/flux-branchgrpo-seed1/policy/adapter_model.safetensors")));
        await Succeeds("sample --models tiny --prompts \"a red cat\" \"a dog at night\" --checkpoint run/flux-branchgrpo-seed1/policy --out grid.png");
        Assert.True(Picture.Read(folder.File("grid.png")).Width >= 64);

        const string score = "eval --models tiny --prompts tiny/prompts.txt --count 8 --held-out pickscore "
            + "--checkpoint run/flux-branchgrpo-seed1/policy --out scores";
        Assert.Contains("pickscore-published", await Succeeds(score));
        var lines = File.ReadAllLines(folder.File("scores/scores.jsonl"));
        Assert.Equal(9, lines.Length);
        File.WriteAllText(folder.File("scores/scores.jsonl"), string.Join("\n", lines[..5]) + "\n{\"prompt\":4,\"te");      // killed while writing
        await Succeeds(score);
        Assert.Equal(lines, File.ReadAllLines(folder.File("scores/scores.jsonl")));
        using var summary = JsonDocument.Parse(File.ReadAllText(folder.File("scores/summary.json")));
        Assert.True(double.IsFinite(summary.RootElement.GetProperty("means").GetProperty("hpsv2.1").GetDouble()));
    }

    [Fact]
    public async Task Killed_in_training_it_ends_in_the_same_weights()
    {
        const string run = $"run sd3-branchgrpo-mix --models tiny {Train}";
        await Succeeds(run + " --out whole");
        using (var process = StartedProgram.Start(folder.Path, run + " --out parts"))
        {
            var record = folder.File("parts/sd3-branchgrpo-mix-seed1/record.jsonl");
            bool HasIterated() => File.Exists(record) && Lines(record).Any(l => l.Contains("\"event\":\"iteration\"", StringComparison.Ordinal));
            while (!process.HasExited && !HasIterated()) await Task.Delay(10);
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
        await Succeeds(run + " --out parts");
        var (whole, parts) = (Scores("whole"), Scores("parts"));
        Assert.Equal(whole, parts);
    }

    [Theory]
    [InlineData("", "no usable prompt")]
    [InlineData("{ \"prompt\": ", "no usable prompt")]
    public async Task A_prompt_file_without_prompts_is_refused(string text, string expected)
    {
        File.WriteAllText(folder.File("prompts.json"), text);
        var (code, output, error) = await StartedProgram.RunAsync(folder.Path, "run flux-branchgrpo --models tiny --prompts prompts.json --out run");
        Assert.Equal(1, code);
        Assert.Contains(expected, error);
        Assert.DoesNotContain("   at ", error + output);
        Assert.False(Directory.Exists(folder.File("run")));
    }

    [Theory]
    [InlineData("flux/vae/diffusion_pytorch_model.safetensors", "run flux-branchgrpo --prompts tiny/prompts.txt", "vae")]
    [InlineData("hps/HPS_v2.1_compressed.pt", "run flux-branchgrpo --prompts tiny/prompts.txt", "huggingface.co/xswu/HPSv2")]
    [InlineData("flux/text_encoder_2/model.safetensors", "sample --prompts cat", "text_encoder_2")]
    [InlineData("sd3/transformer/config.json", "eval --family sd3 --prompts tiny/prompts.txt", "transformer")]
    public async Task Missing_checkpoints_are_named(string file, string command, string expected)
    {
        File.Delete(folder.File("tiny/" + file));
        var (code, output, error) = await StartedProgram.RunAsync(folder.Path, command + " --models tiny");
        Assert.Equal(1, code);
        Assert.Contains(expected, error);
        Assert.DoesNotContain("   at ", error + output);
    }

    [Fact]
    public async Task Check_names_what_is_missing_and_fails()
    {
        File.Delete(folder.File("tiny/sd3/tokenizer_3/spiece.model"));
        File.WriteAllText(folder.File("tiny/aesthetic/sac+logos+ava1-l14-linearMSE.pth"), "not a checkpoint");
        var (code, output, error) = await StartedProgram.RunAsync(folder.Path, "models check tiny --device cpu");
        Assert.Equal(1, code);
        Assert.Contains("tokenizer_3/spiece.model is missing (the T5 tokenizer)", output);
        Assert.Equal(2, output.Split("  MISSING").Length - 1);
        Assert.DoesNotContain("   at ", error + output);
        Directory.CreateDirectory(folder.File("empty"));
        (code, output, _) = await StartedProgram.RunAsync(folder.Path, "models check empty");
        Assert.Equal(1, code);
        Assert.Contains("not here", output);
        Assert.Contains("To train it takes a complete FLUX", output);
    }

    [Fact]
    public async Task Doctor_lists_the_folder_that_the_environment_names()
    {
        var (code, output, _) = await StartedProgram.RunAsync(folder.Path, "doctor", ("BRANCHGRPO_MODELS", folder.File("tiny")));
        Assert.Equal(0, code);
        Assert.Contains("HPS ", output);
        Assert.Contains("FLUX ", output);
    }

    private string Scores(string run)
    {
        var record = RunRecord.Read(folder.File($"{run}/sd3-branchgrpo-mix-seed1/record.jsonl"));
        Assert.True(record.IsComplete);
        return string.Join(' ', record.Evaluations.Select(e => e.Scores["reward"].ToString("R", CultureInfo.InvariantCulture)));
    }

    private static string[] Lines(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd().Split('\n');
    }

    private async Task<string> Succeeds(string arguments)
    {
        var (code, output, error) = await StartedProgram.RunAsync(folder.Path, arguments);
        Assert.True(code == 0, $"{arguments}: {code}\n{output}\n{error}");
        return output;
    }
}
