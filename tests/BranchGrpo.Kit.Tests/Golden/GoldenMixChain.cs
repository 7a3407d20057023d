using System.Text.Json;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>One chain of MixGRPO with or without a DPM-Solver: stochastic in the window; the solver everywhere ("all") or after the window ("post").</summary>
internal sealed class GoldenMixChain(GoldenPolicy policy, NoiseSchedule schedule, JsonElement args, int[] window)
{
    private readonly DpmSolver? solver = args.Text("dpm_algorithm_type") is { } name and not "null"
        ? GoldenDpm.Solver(name, args.Int("dpm_solver_order"), args.Text("dpm_solver_type")!) : null;

    private readonly bool flow = args.Flag("flow_grpo_sampling");

    public bool SolvesAll => solver is not null && args.Text("dpm_apply_strategy") == "all";

    public sealed record Chain(List<Tensor> Latents, List<(int Step, double LogProb)> Scores, Tensor Clean, List<List<Tensor>> Histories);

    public Chain Sample(Tensor start, string prompt, Tensor[] draws)
    {
        var (latents, scores, history, histories) = (new List<Tensor> { start }, new List<(int, double)>(), new List<Tensor>(), new List<List<Tensor>>());
        using var conditioning = policy.Encode([prompt]);
        var clean = start;
        for (var i = 0; i < schedule.Steps; i++)
        {
            var (x, noisy) = (latents[^1], window.Contains(i));
            var v = policy.Velocity(x, schedule[i], conditioning);
            clean = x.add(v, alpha: -schedule[i]);
            // Flow steps feed the solver's history, dance steps do not.
            if (solver is not null && (SolvesAll || flow || i > (window.Length == 0 ? -1 : window.Max()))) history.Insert(0,
                GoldenDpm.Predicted(x, v, schedule[i]));
            histories.Add([.. history]);
            if (!noisy)
            {
                var bySolver = solver is not null && (SolvesAll || i > (window.Length == 0 ? -1 : window.Max()));
                latents.Add(bySolver ? solver!.Deterministic(schedule, i, x, history) : Dynamics.Ode(schedule, i).Transition(x, v).Mean);
                continue;
            }
            var transition = Transition(i, x, v, history);
            var draw = flow && !SolvesAll ? i : window.Count(w => w < i);
            var next = transition.Sample(draws[draw]);
            scores.Add((i, Score(transition, next)));
            latents.Add(next);
        }
        return new(latents, scores, clean, histories);
    }

    public GaussianTransition Transition(int step, Tensor x, Tensor v, List<Tensor> history)
    {
        if (SolvesAll) return GoldenDpm.Published(solver!, schedule, step, solver!.Stochastic(schedule, step, x, history), history);
        Dynamics dynamics = flow ? new Dynamics.FlowSde(args.Number("eta")) : new Dynamics.DanceSde(args.Number("eta"));
        return dynamics.Stochastic(schedule, step).Transition(x, v);
    }

    // MixGRPO's dance step drops the constants of the density.
    private double Score(GaussianTransition transition, Tensor next)
    {
        var score = transition.LogProb(next, Reduction.Mean)[0].item<double>();
        return flow || SolvesAll ? score : score + Math.Log(transition.Std) + 0.5 * Math.Log(2 * Math.PI);
    }
}
