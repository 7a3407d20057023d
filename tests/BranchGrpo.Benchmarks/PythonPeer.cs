using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using BranchGrpo.Cli;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes;
using static TorchSharp.torch;

namespace BranchGrpo.Benchmarks;

/// <summary>The same network and loops in the user's own PyTorch, beside ours.</summary>
internal static class PythonPeer
{
    public static void Print(BenchmarkSettings settings, string python, bool compile)
    {
        var (task, recipe) = (settings.Task(), Recipes.Find("BranchGRPO", Geometry.Paper));
        var folder = Directory.CreateTempSubdirectory("branchgrpo-peer-").FullName;
        try
        {
            using var policy = task.CreatePolicy();
            var (words, latents, sigma) = Probe(policy, task, Path.Combine(folder, "probe.safetensors"));
            SafeTensors.Write(Path.Combine(folder, "weights.safetensors"), policy.Network.state_dict());
            using var all = new Conditioning(words);
            var own = Own(settings, task, recipe, policy, latents, sigma, all);
            var peer = Ask(python, JsonSerializer.Serialize(Settings(settings, recipe, policy, folder, compile)));
            Report(own, peer);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (Tensor Words, Tensor Latents, double Sigma) Probe(FlowPolicy policy, ExperimentTask task, string path)
    {
        using var generator = new Generator(1);
        string[] prompts = [.. task.TrainingPrompts.Take(16)];
        var words = policy.Encode(prompts).Tensors[0];                                              // [16, 4]
        var latents = randn([16, .. policy.LatentShape], generator: generator).to(policy.Device);
        using var conditioning = new Conditioning(words.alias());
        using var quiet = no_grad();
        using var velocity = policy.Velocity(latents, 0.6, conditioning);
        using var level = full(1, 0.6, dtype: float32);
        SafeTensors.Write(path, new Dictionary<string, Tensor> { ["words"] = words, ["latents"] = latents, ["velocity"] = velocity, ["sigma"] = level });
        return (words, latents, 0.6);
    }

    private static Dictionary<string, double> Own(
        BenchmarkSettings settings, ExperimentTask task, Recipe recipe, FlowPolicy policy, Tensor latents, double sigma, Conditioning all)
    {
        string[] prompts = [.. task.TrainingPrompts.Take(recipe.Prompts)];
        var measured = Timing.Interleaved(settings.Repetitions,
        [
            ("iteration", () =>
            {
                using var fresh = task.CreatePolicy();
                using var training = new GrpoTraining(fresh, recipe, seed: 1) { MicroBatch = settings.MicroBatch };
                var seconds = training.Iterate(prompts, task.Reward).Seconds;
                return seconds.Sample + seconds.Update;
            }),
            ("forward", () => Timing.Of(() => { using var quiet = no_grad(); using var v = policy.Velocity(latents, sigma, all); }, policy.Device)),
            ("backward", () => Timing.Of(() =>
            {
                using var scope = NewDisposeScope();
                policy.Velocity(latents, sigma, all).sum().backward();
            }, policy.Device)),
        ]);
        return measured.ToDictionary(t => t.Name, t => t.Median);
    }

    private static object Settings(BenchmarkSettings settings, Recipe recipe, FlowPolicy policy, string folder, bool compile)
    {
        var plan = recipe.Plan.At(1, 1);
        var cost = CostModel.Of(recipe);
        var edges = cost.Edges;
        return new
        {
            threads = settings.Threads, device = settings.Device, repetitions = settings.Repetitions, compile, fused = true, batch = settings.MicroBatch,
            prompts = recipe.Prompts, latent = policy.LatentShape, frozen = ShapesPolicy.DefaultFrozen,
            sigmas = plan.Schedule.Sigmas.ToArray(),
            steps = Enumerable.Range(0, plan.Depth).Select(i => plan.Coefficients(i)).Zip(plan.Steps, (c, s) =>
                new[] { c.Latent, c.Velocity, c.Std, s.Branches }),
            trained = cost.TrainedLevels.Select(level => level.Step).Distinct().Order(),
            stepsPerUpdate = (cost.TrainedLevels.Select(l => l.Step).Distinct().Count() + cost.Updates - 1) / cost.Updates,
            edgesPerUpdate = edges / cost.Updates,
            network = new
            {
                width = settings.Size.Width, depth = settings.Size.Depth, heads = settings.Size.Heads, channels = settings.Size.Channels,
                tokens = settings.Size.Tokens, words = Vocabulary(policy), expansion = Expansion(policy),
            },
            weights = Path.Combine(folder, "weights.safetensors"), probe = Path.Combine(folder, "probe.safetensors"),
        };
    }

    private static long Vocabulary(FlowPolicy policy) => policy.Network.state_dict()["vocabulary"].shape[0];

    private static long Expansion(FlowPolicy policy) => policy.Network.state_dict()["blocks.0.expand.weight"] is var w ? w.shape[0] / w.shape[1] : 0;

    private static JsonElement Ask(string python, string settings)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "peer", "loops.py");
        var start = new ProcessStartInfo(python, [script]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new Failure($"could not start {python}");
        try
        {
            process.StandardInput.Write(settings);
            process.StandardInput.Close();
        }
        catch (IOException) { }                                        // it ended before it read them; how, its exit code says below
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new Failure($"{python} ended with {process.ExitCode}; it needs PyTorch 2 (see the lines above)");
        using var document = JsonDocument.Parse(output.Trim().Split('\n')[^1]);
        return document.RootElement.Clone();
    }

    private static void Report(Dictionary<string, double> own, JsonElement peer)
    {
        double? Of(string name) => peer.TryGetProperty(name, out var value) ? value.GetDouble() : null;
        BenchmarkSettings.Head($"BranchGRPO, T = 20, 16 leaves, 4 prompts, beside PyTorch {peer.GetProperty("torch")} "
            + $"(rollout and update; same weights, largest relative difference of a velocity {Of("difference"):0.0e0})", "what", "kit s", "PyTorch s",
                "PyTorch / kit");
        foreach (var (what, mine, theirs) in new[]
        {
            ("iteration, eager", own["iteration"], Of("eager")), ("iteration, torch.compile", own["iteration"], Of("compiled")),
            ("iteration, published loop's shape", own["iteration"], Of("published")), ("forward of 16, eager", own["forward"], Of("eagerForward")),
            ("forward of 16, torch.compile", own["forward"], Of("compiledForward")), ("forward and backward of 16, eager", own["backward"],
                Of("eagerBackward")),
            ("forward and backward of 16, torch.compile", own["backward"], Of("compiledBackward")),
        })
            if (theirs is { } seconds) BenchmarkSettings.Row(what, mine, seconds, (seconds / mine).ToString("0.00", CultureInfo.InvariantCulture));
    }
}
