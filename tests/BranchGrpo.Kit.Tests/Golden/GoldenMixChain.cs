using System.Text.Json;
using BranchGrpo.Kit.Models.Schedules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>One chain of MixGRPO with or without a DPM-Solver: stochastic in the window; the solver everywhere ("all") or after the window ("post").</summary>
internal sealed class GoldenMixChain(GoldenPolicy policy, NoiseSchedule schedule, JsonElement args, int[] window)
{
    private readonly DpmSolver? solver = HasSolver(args)
        ? GoldenDpm.Solver(args.Text("dpm_algorithm_type")!, args.Int("dpm_solver_order"), args.Text("dpm_solver_type")!) : null;

    private readonly bool flow = args.Flag("flow_grpo_sampling");
    private readonly int last = window.Length == 0 ? -1 : window.Max();

    public bool SolvesAll => solver is not null && args.Text("dpm_apply_strategy") == "all";

    /// <summary>Latents and the published log-probability of every step; where the kit refuses a step, those before it.</summary>
    public sealed record Chain(List<Tensor> Latents, List<double> Scores, Tensor Clean, bool IsWhole);

    public static bool HasSolver(JsonElement args) => args.Text("dpm_algorithm_type") is not (null or "null");

    /// <summary>Published schedule with "post": after the last window step, n evenly spaced times from the next one to 0, shifted; one time
    /// stops above 0.</summary>
    public static double[] Schedule(JsonElement args, int[] window)
    {
        var (steps, shift) = (args.Int("sampling_steps"), args.Number("shift"));
        var whole = NoiseSchedule.Shifted(steps, shift).Sigmas.ToArray();
        if (!HasSolver(args) || args.Text("dpm_apply_strategy") != "post") return whole;
        var last = window.Max();
        var (count, from) = ((int)Math.Max((steps - last) * args.Number("dpm_post_compress_ratio"), 1), 1 - (last + 1.0) / steps);
        var times = Enumerable.Range(0, count).Select(k => count == 1 ? from : from * (1 - (double)k / (count - 1)));
        return [.. whole[..(last + 1)], .. times.Select(u => shift * u / (1 + (shift - 1) * u))];
    }

    public Chain Sample(Tensor start, string prompt, Tensor[] draws)
    {
        var (latents, scores, history) = (new List<Tensor> { start }, new List<double>(), new List<Tensor>());
        using var conditioning = policy.Encode([prompt]);
        var clean = start;
        for (var i = 0; i < schedule.Steps; i++)
        {
            var x = latents[^1];
            var v = policy.Velocity(x, schedule[i], conditioning);
            clean = x.add(v, alpha: -schedule[i]);
            // Flow steps feed the solver's history, dance steps do not.
            if (Solves(i) || (solver is not null && flow)) history.Insert(0, GoldenDpm.Predicted(x, v, schedule[i]));
            if (Solves(i) && solver!.Prediction == DpmPrediction.Noise && (schedule[i] == 1 || schedule[i + 1] == 0))
                return new(latents, scores, clean, false);
            var noisy = window.Contains(i);
            var transition = noisy || flow || Solves(i) ? Transition(i, x, v, history) : default;
            var next = noisy ? transition.Sample(draws[flow && !SolvesAll ? i : window.Count(w => w < i)])
                : Solves(i) ? solver!.Deterministic(schedule, i, x, history) : Dynamics.Ode(schedule, i).Transition(x, v).Mean;
            // A deterministic step is scored as if it had been drawn; dance's quadratic term is 0 there, the solver's density at σ = 0 is 0/0.
            scores.Add(!noisy && !flow && !Solves(i) ? 0 : transition.Std == 0 ? double.NaN
                : Published(i, transition, transition.LogProb(next, Reduction.Mean)[0].item<double>()));
            latents.Add(next);
        }
        return new(latents, scores, clean, true);
    }

    /// <summary>The step's Gaussian, by the solver or by the dynamics.</summary>
    public GaussianTransition Transition(int step, Tensor x, Tensor v, List<Tensor> history)
    {
        if (Solves(step)) return GoldenDpm.Published(solver!, schedule, step, solver!.Stochastic(schedule, step, x, history), history);
        Dynamics dynamics = flow ? new Dynamics.FlowSde(args.Number("eta")) : new Dynamics.DanceSde(args.Number("eta"));
        return dynamics.Stochastic(schedule, step).Transition(x, v);
    }

    /// <summary>MixGRPO's dance step drops the constants of the density.</summary>
    public double Published(int step, GaussianTransition transition, double logProb) =>
        flow || Solves(step) ? logProb : logProb + Math.Log(transition.Std) + 0.5 * Math.Log(2 * Math.PI);

    private bool Solves(int step) => solver is not null && (SolvesAll || step > last);
}
