using System.Text.Json;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>Schedules and single denoising steps.</summary>
internal static class GoldenSteps
{
    public static void Schedule(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var schedule = NoiseSchedule.Shifted(item.Int("T"), item.Number("shift"));
        var stored = item.Numbers("sigma_f64");
        compare.Numbers("sigma_f64", stored, schedule.Sigmas.ToArray(), 1e-14);
        compare.Numbers("sigma_f32", item.Numbers("sigma_f32"), schedule.Sigmas.ToArray(), 1e-6);
        // Truncation is compared on the stored levels: the last bit decides where 1000·σ is an integer.
        var exact = new NoiseSchedule(stored);
        compare.Sequence("timestep_f64", item.Ints("timestep_f64"), Enumerable.Range(0, exact.Steps + 1).Select(exact.Timestep));
        compare.Numbers("model_t_f32", item.Numbers("model_t_f32"), [.. item.Ints("timestep_f32").Select(t => (double)(float)(t / 1000.0))], 1e-7);
    }

    /// <summary>The stored levels against the kit's own, and the stored integer times against the truncation of the stored levels, on the edges
    /// too.</summary>
    public static void Stored(JsonElement item, GoldenComparer compare)
    {
        var (args, single) = (item.At("args"), item.Text("precision") is { } precision && precision != "float64");
        var (stored, times) = (item.Numbers("sigmas"), item.Ints("timesteps"));
        var own = NoiseSchedule.Shifted(args.Int("sampling_steps"), args.Number("shift"));
        var shortens = GoldenMixChain.HasSolver(args) && args.Text("dpm_apply_strategy") == "post";    // its own schedule, compared where it is made
        if (!shortens || stored.Length == own.Steps + 1) compare.Numbers("sigmas", stored, own.Sigmas.ToArray(), single ? 1e-6 : 1e-14);
        var exact = new NoiseSchedule(stored);
        compare.Sequence("timesteps", times, times.Select((_, i) => single ? (int)((float)stored[i] * 1000f) : exact.Timestep(i)));
        foreach (var iteration in item.Has("iterations") ? item.List("iterations") : [item])
            foreach (var edge in iteration.Has("edges_in_training_order") ? iteration.List("edges_in_training_order") : [])
                compare.Same("timestep", edge.Int("timestep"), times[edge.Int("step")]);
    }

    public static void Branch(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var single = item.Text("schedule")!.EndsWith("f32", StringComparison.Ordinal);
        var (schedule, eta, tolerance) = (Named(root, item), item.Number("eta"), single ? 1e-5 : 1e-10);
        var dtype = single ? ScalarType.Float32 : ScalarType.Float64;
        var i = item.Int("index");
        var ode = Dynamics.Ode(schedule, i);
        if (eta == 0) compare.Departs("η = 0 passes through a clamp of the std at 1e-8; the kit refuses it and has ODE steps",
            Refuses(() => new Dynamics.DanceSde(0)));
        var noisy = eta == 0 ? ode with { Std = 1e-8 } : new Dynamics.DanceSde(eta).Stochastic(schedule, i);
        var coefficients = item.Flag("sde_solver") ? noisy : ode with { Std = noisy.Std };
        var (x, v) = (item.At("latents").Tensor(dtype: dtype), item.At("model_output").Tensor(dtype: dtype));
        var transition = coefficients.Transition(x, v);
        compare.Tensor("mean", item.Numbers("mean"), transition.Mean, tolerance);
        var (splits, grpo, given) = (item.Int("num_splits"), item.Flag("grpo"), item.Flag("given_prev"));
        var clean = x.add(v, alpha: -schedule[i]);
        if (!grpo)
        {
            compare.Tensor("pred_original", item.Numbers("pred_original"), clean, tolerance);
            return;
        }
        if (item.Has("std")) compare.Number("std", item.Number("std"), transition.Std, single ? 1e-6 : 1e-12);
        var loose = single ? 2e-3 : eta == 0 ? 1e-5 : tolerance;
        if (given)
        {
            using var previous = item.At("prev_sample_in").Tensor(dtype: dtype);
            compare.Tensor("log_prob", item.Numbers("log_prob"), transition.LogProb(previous, Reduction.Mean), loose);
        }
        else
        {
            // Children of a row are neighbours in the kit; the published order is all rows of split 0, then all rows of split 1, …
            var factor = splits > 1 ? item.Number("split_noise_scale") : 1;
            var draws = item.List("noise").Select(n => n.Tensor(dtype: dtype) * factor).ToArray();
            var next = transition.Sample(stack(draws, 1).flatten(0, 1));
            compare.Tensor("prev_sample", item.Numbers("prev_sample"), SplitMajor(next, draws.Length), tolerance);
            compare.Tensor("log_prob", item.Numbers("log_prob"), SplitMajor(transition.LogProb(next, Reduction.Mean), draws.Length), loose);
        }
        var repeats = (int)(item.At("pred_original").Shape()[0] / x.shape[0]);
        compare.Tensor("pred_original", item.Numbers("pred_original"), cat([.. Enumerable.Repeat(clean, repeats)], 0), tolerance);
    }

    public static void Dance(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var (schedule, i, kind, mix) = (Named(root, item), item.Int("index"), item.Text("kind")!,
            item.Text("function")!.StartsWith("Mix", StringComparison.Ordinal));
        if (item.Number("eta") == 0)
        {
            var ode = Dynamics.Ode(schedule, i).Transition(item.At("latents").Tensor(), item.At("model_output").Tensor());
            WithoutNoise(item, compare, ode.Mean, () => new Dynamics.DanceSde(0));
            return;
        }
        var noisy = new Dynamics.DanceSde(item.Number("eta")).Stochastic(schedule, i);
        var (x, v) = (item.At("latents").Tensor(), item.At("model_output").Tensor());
        var coefficients = kind.EndsWith("sde", StringComparison.Ordinal) ? noisy : Dynamics.Ode(schedule, i) with { Std = noisy.Std };
        var transition = coefficients.Transition(x, v);
        compare.Tensor("mean", item.Numbers("mean"), transition.Mean);
        if (item.Has("std")) compare.Number("std", item.Number("std"), noisy.Std, 1e-12);
        if (item.Has("pred_original")) compare.Tensor("pred_original", item.Numbers("pred_original"), x.add(v, alpha: -schedule[i]));
        if (!item.Has("prev_sample") && !item.Has("prev_sample_in")) return;
        var draws = item.List("noise");
        var next = kind.StartsWith("given", StringComparison.Ordinal) ? item.At("prev_sample_in").Tensor()
            : mix && kind == "sample_ode" ? transition.Mean : transition.Sample(draws[0].Tensor());
        if (item.Has("prev_sample")) compare.Tensor("prev_sample", item.Numbers("prev_sample"), next);
        if (item.Has("log_prob")) LogProb(item, compare, transition, next, mix);
    }

    // Without noise every published mean and sample is the ODE step (or an error); its density does not exist.
    private static void WithoutNoise(JsonElement item, GoldenComparer compare, Tensor mean, Action dynamics)
    {
        compare.Departs("η = 0 is a stochastic step without a density, or a math error; the kit refuses it and has ODE steps", Refuses(dynamics));
        if (item.Has("error")) return;
        if (item.Has("mean")) compare.Tensor("mean", item.Numbers("mean"), mean);
        var drawn = !item.Text("kind")!.StartsWith("given", StringComparison.Ordinal);
        if (drawn && item.Has("prev_sample")) compare.Tensor("prev_sample", item.Numbers("prev_sample"), mean);
    }

    // MixGRPO's dance step loses −ln σ and −½ ln 2π over a line break; the kit's score is the density.
    private static void LogProb(JsonElement item, GoldenComparer compare, GaussianTransition transition, Tensor next, bool quadraticOnly)
    {
        var score = transition.LogProb(next, Reduction.Mean);
        var constant = -Math.Log(transition.Std) - 0.5 * Math.Log(2 * Math.PI);
        compare.Tensor("log_prob", item.Numbers("log_prob"), quadraticOnly ? score - constant : score);
        if (quadraticOnly) compare.Departs("a log-probability without its constants", Math.Abs(score[0].item<double>() - item.Numbers("log_prob")[0]) > 1e-6);
    }

    public static void FlowGrpo(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var (schedule, kind) = (Named(root, item), item.Text("kind")!);
        var (x, v) = (item.At("latents").Tensor(), item.At("model_output").Tensor());
        var rows = item.Has("indices") ? item.Ints("indices") : [.. Enumerable.Repeat(item.Int("index"), (int)x.shape[0])];
        if (item.Number("eta") == 0)
        {
            var ode = rows.Select((r, b) => Dynamics.Ode(schedule, r).Transition(x.narrow(0, b, 1), v.narrow(0, b, 1)).Mean);
            WithoutNoise(item, compare, cat([.. ode], 0), () => new Dynamics.FlowSde(0));
            return;
        }
        var dynamics = new Dynamics.FlowSde(item.Number("eta"));
        var (means, samples, scores, stds) = (new List<Tensor>(), new List<Tensor>(), new List<Tensor>(), new List<double>());
        for (var b = 0; b < rows.Length; b++)
        {
            Tensor Row(Tensor all) => all.narrow(0, b, 1);
            var transition = dynamics.Stochastic(schedule, rows[b]).Transition(Row(x), Row(v));
            var next = kind switch
            {
                "given" => Row(item.At("prev_sample_in").Tensor()),
                "deterministic" => Dynamics.Ode(schedule, rows[b]).Transition(Row(x), Row(v)).Mean,
                _ => transition.Sample(Row(item.List("noise")[0].Tensor())),
            };
            means.Add(transition.Mean);
            samples.Add(next);
            scores.Add(transition.LogProb(next, Reduction.Mean));
            stds.Add(transition.Std);
        }
        if (item.Has("mean")) compare.Tensor("mean", item.Numbers("mean"), cat(means, 0));
        if (item.Has("prev_sample")) compare.Tensor("prev_sample", item.Numbers("prev_sample"), cat(samples, 0));
        compare.Tensor("log_prob", item.Numbers("log_prob"), cat(scores, 0));
        if (item.Has("pred_original"))
            compare.Tensor("pred_original", item.Numbers("pred_original"),
                cat([.. rows.Select((r, b) => x.narrow(0, b, 1).add(v.narrow(0, b, 1), alpha: -schedule[r]))], 0));
        if (item.Has("std_total")) compare.Numbers("std_total", Listed(item.At("std_total"), rows.Length), stds, 1e-12);
        // flow_grpo returns its noise level alone; the step's deviation is that times √(−Δ).
        if (item.Has("std_dev_t"))
            compare.Numbers("std_dev_t", Listed(item.At("std_dev_t"), rows.Length),
                [.. rows.Select((r, b) => stds[b] / Math.Sqrt(schedule[r] - schedule[r + 1]))], 1e-12);
    }

    private static double[] Listed(JsonElement element, int count) =>
        element.ValueKind == JsonValueKind.Number ? [.. Enumerable.Repeat(element.GetDouble(), count)] : element.Numbers();

    public static bool Refuses(Action action)
    {
        try
        {
            action();
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    private static Tensor SplitMajor(Tensor children, int splits) => children.unflatten(0, [-1, splits]).transpose(0, 1).flatten(0, 1);

    private static NoiseSchedule Named(JsonElement root, JsonElement item) => new(root.At("schedules").Numbers(item.Text("schedule")!));
}
