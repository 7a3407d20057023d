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
        var (dance, branch, split) = (Find("DanceGRPO"), Find("BranchGRPO"), Find("BranchGRPO-Split"));
        (string Name, string Kept, Func<double> Without, Func<double> With)[] levers =
        [
            .. new[] { dance, branch, Find("BranchGRPO-Mix"), split }.Select(recipe =>
                ($"rollout's forward passes kept for the first update, {recipe.Name}", "yes", Iteration(task, recipe, settings, 0),
                    Iteration(task, recipe, settings, BenchmarkSettings.Kept))),
            .. new[] { branch, Find("BranchGRPO-WidPru") }.Select(recipe =>
                ($"steps of different noise levels in one call of later updates, {recipe.Name}", "yes",
                    Iteration(task with { CreatePolicy = () => new OneLevelPolicy(task.CreatePolicy()) }, recipe, settings, 0),
                    Iteration(task, recipe, settings, 0))),
            ("fused AdamW, a step", "yes", Optimiser(policy, fused: false), Optimiser(policy, fused: true)),
            ("gradient norm by foreach, a step", "no", ClipEach(policy), ClipAll(policy)),
            ("GELU by erf instead of tanh, 1024 tokens", "yes", Gelu(policy, "tanh"), Gelu(policy, "none")),
            ("prompts encoded once instead of at 20 levels", "yes", Encoding(policy, task, 20), Encoding(policy, task, 1)),
            ("modulations of 4 prompts instead of 64 rows, forward and backward", "no", Modulations(policy, 64), Modulations(policy, 4)),
            .. new[] { branch, split }.Select(recipe => Hidden(task, recipe, settings)),
            ("256 latents a call instead of 64, DanceGRPO", "no", Iteration(task, dance, settings, 0),
                Iteration(task, dance, settings with { MicroBatch = 256 }, 0)),
            ("two threads instead of one, BranchGRPO, elapsed", "no", Threads(1, settings, task), Threads(2, settings, task)),
        ];
        var measured = Timing.Interleaved(settings.Repetitions, [.. levers.SelectMany(l => new[] { (l.Name, l.Without), (l.Name, l.With) })]);
        BenchmarkSettings.Head("What saves time", "lever", "without, ms", "with, ms", "gain", "in use");
        foreach (var (lever, pair) in levers.Zip(measured.Chunk(2)))
            BenchmarkSettings.Row(lever.Name, $"{1000 * pair[0].Median:0.00}", $"{1000 * pair[1].Median:0.00}",
                $"{1 - (pair[1].Median / pair[0].Median):p1}", lever.Kept);
    }

    // Both numbers of one iteration: its reward takes less than iterations differ.
    private static (string Name, string Kept, Func<double> Without, Func<double> With) Hidden(ExperimentTask task, Recipe recipe, BenchmarkSettings settings)
    {
        var (whole, reward) = (0.0, 0.0);
        var total = Phases(task, recipe, settings, s => { reward = s.Reward; return s.Total; });
        return ($"reward hidden behind the rollout (at most), {recipe.Name}", "no", () => whole = total(), () => whole - reward);
    }

    private static Recipe Find(string name) => Recipes.Find(name, Geometry.Paper);

    private static Func<double> Phases(ExperimentTask task, Recipe recipe, BenchmarkSettings settings, Func<PhaseSeconds, double> of) => () =>
    {
        using var policy = task.CreatePolicy();
        using var training = new GrpoTraining(policy, recipe, seed: 1) { MicroBatch = settings.MicroBatch };
        return of(training.Iterate([.. task.TrainingPrompts.Take(recipe.Prompts)], task.Reward).Seconds);
    };

    // The blocks' modulations depend on prompt and noise level alone, so the rows of a prompt could share them.
    private static Func<double> Modulations(FlowPolicy policy, int rows) => () =>
    {
        using var scope = NewDisposeScope();
        var weights = policy.Network.named_parameters().Where(p => p.name.EndsWith("modulation.weight", StringComparison.Ordinal)).Select(p =>
            p.parameter).ToArray();
        var condition = zeros([rows, weights[0].shape[1]], device: policy.Device, requires_grad: true);
        return Timing.Of(() => stack(weights.Select(w => nn.functional.linear(condition, w).sum())).sum().backward(), policy.Device);
    };

    private static Func<double> Iteration(ExperimentTask task, Recipe recipe, BenchmarkSettings settings, long forwardMemory) => () =>
    {
        using var policy = task.CreatePolicy();
        using var training = new GrpoTraining(policy, recipe, seed: 1) { MicroBatch = settings.MicroBatch, ForwardMemory = forwardMemory };
        return Timing.Of(() => training.Iterate([.. task.TrainingPrompts.Take(recipe.Prompts)], task.Reward), policy.Device);
    };

    private static Func<double> Threads(int threads, BenchmarkSettings settings, ExperimentTask task)
    {
        var elapsed = Phases(task, Find("BranchGRPO"), settings, s => s.Total);
        return () =>
        {
            set_num_threads(threads);
            var seconds = elapsed();
            set_num_threads(settings.Threads);
            return seconds;
        };
    }

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
