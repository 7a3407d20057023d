using System.Text.Json;
using BranchGrpo.Kit.Models.Schedules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>Multistep DPM-Solver steps, alone and inside MixGRPO's sampling.</summary>
internal static class GoldenDpm
{
    public static void Steps(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var solver = Solver(item.Text("algorithm")!, item.Int("order"), item.Text("solver_type")!);
        var (schedule, noisy) = (new NoiseSchedule(item.Numbers("sigmas")), item.Flag("sde_solver"));
        var (history, arrived) = (new List<Tensor>(), (double[]?)null);
        foreach (var step in item.List("steps"))
        {
            var (i, x, v) = (step.Int("index"), step.At("sample").Tensor(), step.At("velocity").Tensor());
            compare.In($"{item.Text("algorithm")} order {item.Int("order")} step {i}");
            compare.Tensor("x0", step.Numbers("x0"), x.add(v, alpha: -schedule[i]));
            if (arrived is not null) compare.Tensor("sample", arrived, x);
            arrived = step.Numbers("prev_sample");
            history.Insert(0, Predicted(x, v, schedule[i]));
            if (solver.Prediction == DpmPrediction.Noise && (schedule[i] == 1 || schedule[i + 1] == 0))
            {
                compare.Departs("noise predictions give no number at σ = 1 and σ = 0; the kit refuses",
                    !step.Numbers("prev_sample").All(double.IsFinite) && Throws<ArgumentException>(() => solver.Deterministic(schedule, i, x, history)));
                return;                                                                           // everything after it is not finite either
            }
            if (solver.Prediction == DpmPrediction.Noise && i < schedule.Steps - 1)
                compare.Departs("dpmsolver is handed clean predictions", TakesWrongPredictions(schedule, i, x, v));
            var own = solver.Stochastic(schedule, i, x, history);
            var transition = Published(solver, schedule, i, own, history);
            if (solver.OrderAt(schedule, i, history.Count) == 3 && !double.IsInfinity(Lambda(schedule[i - 2])))
                compare.Departs("the third-order SDE term has the wrong sign of ½", !own.Mean.allclose(transition.Mean));
            var next = noisy ? transition.Sample(step.At("noise").Tensor()) : solver.Deterministic(schedule, i, x, history);
            compare.Tensor("mean", step.Numbers("mean"), transition.Mean);
            compare.Numbers("std", [step.Number("std_dev_t") * step.Number("dt_sqrt")], [transition.Std]);
            compare.Tensor("prev_sample", step.Numbers("prev_sample"), next);
            var expected = step.Numbers("log_prob");
            if (transition.Std > 0) compare.Tensor("log_prob", expected, transition.LogProb(next, Reduction.Mean));
            else compare.Departs("the last step's log-probability is 0/0; the kit says that it has none", double.IsNaN(expected[0])
                && Throws<InvalidOperationException>(() => transition.LogProb(next, Reduction.Mean)));
        }
        if (!item.Has("error")) return;
        var last = item.List("steps").Length;
        var (latent, velocity) = (item.List("steps")[^1].At("prev_sample").Tensor(), item.List("steps")[^1].At("velocity").Tensor());
        var at = item.List("steps")[^1].Int("index") + 1;
        history.Insert(0, Predicted(latent, velocity, schedule[at]));
        compare.Departs("order 3 on noise predictions fails; the kit has its ODE form and says that there is no SDE form",
            Throws<NotSupportedException>(() => solver.Stochastic(schedule, at, latent, history))
            && solver.Deterministic(schedule, at, latent, history).isfinite().all().item<bool>() && last > 0);
    }

    public static void Sampling(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var args = item.At("args");
        var window = item.Ints("window");
        if (item.Has("error") && window.Length > 0)
        {
            var third = Solver(args.Text("dpm_algorithm_type")!, args.Int("dpm_solver_order"), args.Text("dpm_solver_type")!);
            var (inner, ones) = (new NoiseSchedule([0.9, 0.8, 0.7, 0.6, 0.5]), new long[] { 1, 2 });
            Tensor Filled(double value) => full(ones, value, float64);
            var kit = third.Deterministic(inner, 2, Filled(0.3), [Filled(0.2), Filled(0.1), Filled(0.4)]);
            compare.Departs("order 3 on noise predictions fails; the kit has its ODE form", third is { Order: 3, Prediction: DpmPrediction.Noise }
                && kit.isfinite().all().item<bool>());
            return;
        }
        if (item.Has("error"))
        {
            compare.Departs("an empty window fails; the kit's plan then simply has no stochastic step", window.Length == 0
                && !new PlanRule { Schedule = NoiseSchedule.Shifted(8), Stochastic = new StochasticRule.SplitsOnly() }.At(1, 1).Steps.Any(s => s.IsStochastic));
            return;
        }
        var used = item.At("sigma_schedule_used");
        var schedule = new NoiseSchedule(used.Numbers());
        compare.Numbers("sigma_schedule_used", used.Numbers(), GoldenMixChain.Schedule(args, window), 1e-14);
        compare.Sequence("timesteps_used", item.Ints("timesteps_used"), item.Ints("timesteps_used").Select((_, i) => schedule.Timestep(i)));
        if (schedule[schedule.Steps] > 0)
        {
            var tail = NoiseSchedule.Shifted(args.Int("sampling_steps"), args.Number("shift")).WithCoarseTail(window.Max() + 1, 1000);
            compare.Departs("a tail of one level stops above 0; the kit's coarse tail keeps the last level", tail[tail.Steps] == 0);
        }
        using var policy = new GoldenPolicy(item, [.. item.At("init_latents").Shape().Skip(1)], used.Numbers(), item.Numbers("timesteps_used"));
        var draws = item.List("noise_draws").Select(d => d.Tensor()).ToArray();
        var run = new GoldenMixChain(policy, schedule, args, window);
        var (latents, scores) = (item.At("all_latents").Tensor(), item.Numbers("log_probs"));
        using var noGradient = no_grad();
        var chain = run.Sample(item.At("init_latents").Tensor(), "0", draws);
        for (var d = 0; d < chain.Latents.Count; d++) compare.Tensor($"latent {d}", [.. latents[0, d].contiguous().data<double>()], chain.Latents[d]);
        foreach (var (step, score) in chain.Scores.Index()) compare.Number($"log_prob {step}", scores[step], score);
        if (!chain.IsWhole)
        {
            compare.Departs("noise predictions give no number at σ = 1 and σ = 0; the kit refuses", !item.Numbers("final").All(double.IsFinite));
            return;
        }
        compare.Same("steps", latents.shape[1], chain.Latents.Count);
        compare.Tensor("final", item.Numbers("final"), chain.Latents[^1]);
        compare.Tensor("returned_image_latent", item.Numbers("returned_image_latent"), args.Flag("drop_last_sample") ? chain.Clean : chain.Latents[^1]);
        if (run.SolvesAll && draws.Length > 1)
            compare.Departs("an unseeded generator per step gives every step the same noise",
                draws[0].allclose(draws[1]) && !SeededNoise.For(1, 1)(new(0, 1, 0, NoisePurpose.Own),
                    [8]).allclose(SeededNoise.For(1, 1)(new(0, 2, 0, NoisePurpose.Own), [8])));
    }

    private static double Lambda(double sigma) => Math.Log(1 - sigma) - Math.Log(sigma);

    /// <summary>The published third-order SDE term has −½ where a term that vanishes with the step needs +½: its means are off by α·D2.</summary>
    public static GaussianTransition Published(DpmSolver solver, NoiseSchedule schedule, int step, GaussianTransition own, List<Tensor> history) =>
        solver.OrderAt(schedule, step, history.Count) == 3 ? own with { Mean = own.Mean - Bend(schedule, step, history) * (1 - schedule[step + 1]) } : own;

    // Second divided difference of the predictions, scaled to the step.
    private static Tensor Bend(NoiseSchedule s, int i, List<Tensor> m)
    {
        var h = Lambda(s[i + 1]) - Lambda(s[i]);
        var (r0, r1) = ((Lambda(s[i]) - Lambda(s[i - 1])) / h, (Lambda(s[i - 1]) - Lambda(s[i - 2])) / h);
        return ((m[0] - m[1]) / r0 - (m[1] - m[2]) / r1) / (r0 + r1);
    }

    public static DpmSolver Solver(string algorithm, int order, string type) => new(order,
        algorithm switch
        {
            "dpmsolver++" => DpmPrediction.Clean,
            "dpmsolver" => DpmPrediction.Noise,
            _ =>
            throw new NotSupportedException($"solver {algorithm}")
        },
        type switch { "midpoint" => DpmCorrection.Midpoint, "heun" => DpmCorrection.Heun, _ => throw new NotSupportedException($"solver type {type}") });

    /// <summary>Published: x₀ = x − σv for both algorithms, although "dpmsolver" extrapolates noise predictions x₁ = x + (1 − σ)v.</summary>
    public static Tensor Predicted(Tensor x, Tensor v, double sigma) => x.add(v, alpha: -sigma);

    // With noise predictions a first-order step is the ODE's own; with clean ones it is not.
    private static bool TakesWrongPredictions(NoiseSchedule schedule, int step, Tensor x, Tensor v)
    {
        var (first, ode) = (new DpmSolver(1, DpmPrediction.Noise), Dynamics.Ode(schedule, step).Transition(x, v).Mean);
        return first.Deterministic(schedule, step, x, [x.add(v, alpha: 1 - schedule[step])]).allclose(ode)
            && !first.Deterministic(schedule, step, x, [Predicted(x, v, schedule[step])]).allclose(ode);
    }

    private static bool Throws<T>(Action action) where T : Exception
    {
        try
        {
            action();
            return false;
        }
        catch (T)
        {
            return true;
        }
    }
}
