using BranchGrpo.Kit;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Benchmarks;

/// <summary>What each way of saving time is worth: an iteration, or the part it touches, without and with it.</summary>
internal static class LeverTable
{
    public static void Print(BenchmarkSettings settings)
    {
        var task = settings.Task();
        using var policy = task.CreatePolicy();
        var pairs = new[] { "DanceGRPO", "BranchGRPO", "BranchGRPO-Mix", "BranchGRPO-Split" }.Select(name => Recipes.Find(name, Geometry.Paper))
            .Select(recipe => ($"forward passes of the rollout kept, {recipe.Name}", Iteration(task, recipe, settings, 0), Iteration(task, recipe, settings, 8L << 30)))
            .Append(("two threads instead of one, BranchGRPO", Threads(1, settings, task), Threads(2, settings, task)))
            .Append(("micro-batch 256 instead of 64, DanceGRPO", Iteration(task, Recipes.Find("DanceGRPO", Geometry.Paper), settings, 0),
                Iteration(task, Recipes.Find("DanceGRPO", Geometry.Paper), settings with { MicroBatch = 256 }, 0)))
            .Append(("fused AdamW, one step", Optimiser(policy, fused: false), Optimiser(policy, fused: true)))
            .Append(("gradient norm by foreach, one step", ClipEach(policy), ClipAll(policy)))
            .Append(("GELU by erf instead of tanh, 1024 tokens", Gelu(policy, "tanh"), Gelu(policy, "none")))
            .Append(("prompts encoded once, 20 levels", Encoding(policy, task, 20), Encoding(policy, task, 1)))
            .ToArray();
        var measured = Timing.Interleaved(settings.Repetitions, [.. pairs.SelectMany(p => new[] { (p.Item1, p.Item2), (p.Item1, p.Item3) })]);
        BenchmarkSettings.Head("What saves time", "lever", "without, s", "with, s", "gain");
        foreach (var pair in measured.Chunk(2))
            BenchmarkSettings.Row(pair[0].Name, $"{pair[0].Median:0.00000}", $"{pair[1].Median:0.00000}", $"{1 - (pair[1].Median / pair[0].Median):p1}");
    }

    private static Func<double> Iteration(ExperimentTask task, Recipe recipe, BenchmarkSettings settings, long forwardMemory) => () =>
    {
        using var policy = task.CreatePolicy();
        using var training = new GrpoTraining(policy, recipe, seed: 1) { MicroBatch = settings.MicroBatch, ForwardMemory = forwardMemory };
        return Timing.Of(() => training.Iterate([.. task.TrainingPrompts.Take(recipe.Prompts)], task.Reward), policy.Device);
    };

    private static Func<double> Threads(int threads, BenchmarkSettings settings, ExperimentTask task) => () =>
    {
        set_num_threads(threads);
        var seconds = Iteration(task, Recipes.Find("BranchGRPO", Geometry.Paper), settings, 0)();
        set_num_threads(settings.Threads);
        return seconds;
    };

    private static Func<double> Optimiser(FlowPolicy policy, bool fused)
    {
        var parameters = policy.TrainedParameters();
        var own = new AdamW(parameters);
        var library = optim.AdamW(parameters.Select(p => p.Parameter));
        return () =>
        {
            using var scope = NewDisposeScope();
            foreach (var (_, parameter) in parameters) parameter.grad = zeros_like(parameter);
            return Timing.Of(() => { if (fused) own.Step(); else library.step(); }, policy.Device);
        };
    }

    private static Func<double> ClipEach(FlowPolicy policy) => () => Clip(policy, all => nn.utils.clip_grad_norm_(all, 1));

    private static Func<double> ClipAll(FlowPolicy policy)
    {
        var unit = jit.compile("""
            def clip(g: List[Tensor], most: float):
                norm = torch.norm(torch.stack(torch._foreach_norm(g, 2)))
                torch._foreach_mul_(g, torch.clamp(most / (norm + 1e-6), max=1.0))
                return norm

            """);
        return () => Clip(policy, all => ((Tensor)unit.invoke("clip", all.Select(p => p.grad!).ToArray(), 1.0)).item<float>());
    }

    private static double Clip(FlowPolicy policy, Func<IEnumerable<TorchSharp.Modules.Parameter>, double> clip)
    {
        using var scope = NewDisposeScope();
        TorchSharp.Modules.Parameter[] all = [.. policy.TrainedParameters().Select(p => p.Parameter)];
        foreach (var parameter in all) parameter.grad = ones_like(parameter);
        return Timing.Of(() => clip(all), policy.Device);
    }

    private static Func<double> Gelu(FlowPolicy policy, string approximate)
    {
        var unit = jit.compile($"def gelu(x):\n    return torch.gelu(x, approximate='{approximate}')\n");
        return () =>
        {
            using var scope = NewDisposeScope();
            var x = zeros([1024, 512], device: policy.Device, requires_grad: true);
            return Timing.Of(() => ((Tensor)unit.invoke("gelu", x)).sum().backward(), policy.Device);
        };
    }

    private static Func<double> Encoding(FlowPolicy policy, ExperimentTask task, int times) => () => Timing.Of(() =>
    {
        for (var i = 0; i < times; i++) policy.Encode([.. task.TrainingPrompts.Take(4)]).Dispose();
    }, policy.Device);
}
