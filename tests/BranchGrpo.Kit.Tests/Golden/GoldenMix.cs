using System.Text.Json;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>Complete MixGRPO iterations: chains that are stochastic inside a window.</summary>
internal static class GoldenMix
{
    public static void Train(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var (args, prompts) = (item.At("args"), item.Int("prompts"));
        using var policy = new GoldenPolicy(item, GoldenRollout.Shape(item), item.Numbers("sigmas"), item.Numbers("timesteps"));
        using var adam = GoldenTraining.Optimizer(policy, item);
        if (args.Text("dpm_algorithm_type") is not (null or "null"))
        {
            GoldenMixSolver.Train(item, policy, adam, compare);
            return;
        }
        var (window, flow, samples) = (item.Ints("window"), args.Flag("flow_grpo_sampling"), (int)item.At("init_latents").Shape()[0]);
        Dynamics dynamics = flow ? new Dynamics.FlowSde(args.Number("eta")) : new Dynamics.DanceSde(args.Number("eta"));
        var plan = GoldenChains.Plan(item, samples / prompts, dynamics, window.Contains, args.Flag("drop_last_sample")
            ? ScoredLatent.CleanPrediction : ScoredLatent.Final);
        var draws = item.At("noise_draws_per_sample").EnumerateArray().Select(s => s.EnumerateArray().ToArray()).ToArray();
        // Flow steps consume a draw at every step, dance steps only inside the window.
        using var tree = GoldenChains.Grow(policy, plan, prompts, item.At("init_latents").Tensor(),
            (sample, step) => draws[sample][flow ? step : window.Count(w => w < step)].Tensor().squeeze(0));
        double Published(int step, double logProb) => flow ? logProb : logProb + Math.Log(plan.Coefficients(step).Std) + 0.5 * Math.Log(2 * Math.PI);
        GoldenChains.Latents(item, tree, compare, (s, d) => Published(d, tree.LogProb[tree.LevelStart(d + 1) + s]));
        TreeRollout.Score(tree, GoldenPolicy.NegativeMse(item.At("reward").At("targets").Tensor()));
        compare.Numbers("rewards", item.Numbers("rewards"), tree.Rewards);
        var advantage = Advantages(item, args, tree.Rewards, samples);
        compare.Numbers("advantages", item.Numbers("advantages"), advantage, 1e-8);

        var order = item.List("edges_in_training_order");
        var (slots, limit, kl) = (item.Ints("train_slots").Length, args.Number("adv_clip_max", 5), args.Number("kl_coeff", 0));
        var weight = 1.0 / (args.Int("gradient_accumulation_steps") * slots);
        TrainedEdge[] edges = [.. order.Select(e => GoldenChains.Edge(tree, e, Math.Clamp(advantage[e.Int("sample")], -limit, limit), weight))];
        var update = new GrpoUpdate(policy, new() { ClipRange = args.Number("clip_range") });
        EdgeOutcome[] Accumulate(Range range)
        {
            var outcomes = update.Accumulate(tree, edges[range]);
            foreach (var (k, outcome) in outcomes.Index())
            {
                var edge = order[range][k];
                if (edge.Has("policy_loss")) compare.Number("policy_loss", edge.Number("policy_loss"), outcome.Loss, 1e-7);
                var penalty = kl * 0.5 * outcome.LogRatio * outcome.LogRatio * weight;
                outcomes[k] = outcome with { LogProb = Published(edge.Int("step"), outcome.LogProb), Loss = outcome.Loss + penalty };
            }
            if (kl > 0) AddSquaredLogRatio(policy, tree, edges[range], kl);
            return outcomes;
        }
        if (kl > 0)
            compare.Departs("the \"KL\" is half the squared log-ratio to the old policy; the kit's KL asks for a reference policy",
                GoldenSteps.Refuses(() => _ = new GrpoUpdate(policy, new() { KlCoefficient = kl })));
        new GoldenUpdates(policy, adam, compare, args.Number("max_grad_norm")).Replay(item.List("updates"), "after_samples", edges.Length, slots,
            Accumulate, order);
    }

    // Trimming drops the lowest part of a group for mean and std; several reward models are normalised one by one and added by weight.
    public static double[] Advantages(JsonElement item, JsonElement args, double[] rewards, int samples)
    {
        var size = args.Flag("use_group") ? args.Int("num_generations") : samples;
        double[] Of(double[] scores)
        {
            var trimmed = (int)(size * args.Number("trimmed_ratio", 0));
            if (trimmed == 0) return GoldenChains.Group(scores, size);
            return [.. scores.Chunk(size).SelectMany(group =>
            {
                var moments = Moments.Of([.. group.Order().Skip(trimmed)]);
                return group.Select(r => (r - moments.Mean) / (Math.Sqrt(moments.Variance(Deviation.Sample)) + 1e-8));
            })];
        }
        if (args.Text("multi_reward_mix") != "advantage_aggr" || !item.Has("rewards_second_model")) return Of(rewards);
        var weights = item.At("reward").At("model_weights").EnumerateObject().Select(w => w.Value.GetDouble()).ToArray();
        return [.. Of(rewards).Zip(Of(item.Numbers("rewards_second_model")), (a, b) => weights[0] * a + weights[1] * b)];
    }

    // The published penalty, on the kit's transition.
    private static void AddSquaredLogRatio(GoldenPolicy policy, RolloutTree tree, TrainedEdge[] edges, double coefficient)
    {
        foreach (var edge in edges)
        {
            var (step, row) = (tree.Depth[edge.Child] - 1, edge.Child - tree.LevelStart(tree.Depth[edge.Child]));
            using var conditioning = policy.Encode([$"{tree.Prompt[edge.Child]}"]);
            var latent = tree.Level(step).narrow(0, row, 1);
            var transition = tree.Plan.Coefficients(step).Transition(latent, policy.Velocity(latent, tree.Plan.Schedule[step], conditioning));
            var logRatio = transition.LogProb(tree.Level(step + 1).narrow(0, row, 1), Reduction.Mean) - tree.LogProb[edge.Child];
            (logRatio.square() * (0.5 * coefficient * edge.Weight)).sum().backward();
        }
    }
}
