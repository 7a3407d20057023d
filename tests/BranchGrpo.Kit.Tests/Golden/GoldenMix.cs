using System.Text.Json;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>Complete MixGRPO iterations: chains that are stochastic inside a window.</summary>
internal static class GoldenMix
{
    public static void Train(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var (args, prompts) = (item.At("args"), item.Int("prompts"));
        GoldenSteps.Stored(item, compare);
        if (GoldenMixChain.HasSolver(args))
        {
            // A shortened tail is made anew from the options where the file holds the whole schedule; its window steps are the same in both.
            var schedule = GoldenMixChain.Schedule(args, item.Ints("window"));
            var stored = item.Numbers("sigmas");
            var levels = new NoiseSchedule(stored.Length == schedule.Length ? stored : schedule);
            double[] times = [.. Enumerable.Range(0, levels.Steps).Select(i => (double)levels.Timestep(i))];
            using var shortened = new GoldenPolicy(item, GoldenRollout.Shape(item), levels.Sigmas.ToArray(), times);
            using var own = GoldenTraining.Optimizer(shortened, item);
            GoldenMixSolver.Train(item, shortened, levels, own, compare);
            return;
        }
        using var policy = new GoldenPolicy(item, GoldenRollout.Shape(item), item.Numbers("sigmas"), item.Numbers("timesteps"));
        using var adam = GoldenTraining.Optimizer(policy, item);
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
        Deterministic(item, tree, policy, dynamics, flow, compare);
        var advantage = Advantages(item, args, targets =>
        {
            TreeRollout.Score(tree, GoldenPolicy.NegativeMse(targets));
            return tree.Rewards;
        }, compare);
        var report = new GoldenMixEdges(item, compare);
        report.Order(advantage);

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
                var loss = report.Add(edge, outcome.Loss, outcome.LogRatio, weight);
                outcomes[k] = outcome with { LogProb = Published(edge.Int("step"), outcome.LogProb), Loss = loss };
            }
            if (kl > 0) AddSquaredLogRatio(policy, tree, edges[range], kl);
            return outcomes;
        }
        if (kl > 0)
            compare.Departs("the \"KL\" is half the squared log-ratio to the old policy; the kit's KL asks for a reference policy",
                GoldenSteps.Refuses(() => _ = new GrpoUpdate(policy, new() { KlCoefficient = kl })));
        var updates = new GoldenUpdates(policy, adam, compare, args.Number("max_grad_norm"));
        updates.Replay(item.List("updates"), "after_samples", edges.Length, slots, Accumulate, order);
        report.Returned(updates);
    }

    // Published chains also score their ODE steps: flow by the density that it would have had, dance by a quadratic term of 0. The kit says 0:
    // nothing was drawn.
    private static void Deterministic(JsonElement item, RolloutTree tree, GoldenPolicy policy, Dynamics dynamics, bool flow, GoldenComparer compare)
    {
        using var noGradient = no_grad();
        var logProbs = item.At("all_log_probs").Tensor();
        for (var d = 0; d < tree.Plan.Depth; d++)
        {
            if (tree.Plan.Steps[d].IsStochastic) continue;
            var (latents, start) = (tree.Level(d), tree.LevelStart(d + 1));
            using var conditioning = policy.Encode([.. Enumerable.Range(start, tree.LevelCount(d + 1)).Select(i => $"{tree.Prompt[i]}")]);
            var velocity = policy.Velocity(latents, tree.Plan.Schedule[d], conditioning);
            var transition = dynamics.Stochastic(tree.Plan.Schedule, d).Transition(latents, velocity);
            var published = flow ? transition.LogProb(tree.Level(d + 1), Reduction.Mean) : zeros(latents.shape[0], dtype: float64);
            compare.Tensor($"log_prob of ODE step {d}", [.. logProbs.select(1, d).contiguous().data<double>()], published);
            if (flow) compare.Departs("ODE steps carry the density of a step that was not drawn", tree.LogProb.AsSpan(start, tree.LevelCount(d + 1))
                .IndexOfAnyExcept(0.0) < 0);
        }
    }

    // Trimming drops the lowest part of a group for mean and std; several reward models are normalised one by one and added by weight.
    public static double[] Advantages(JsonElement item, JsonElement args, Func<Tensor, double[]> rewardsTo, GoldenComparer compare)
    {
        var rewards = rewardsTo(item.At("reward").At("targets").Tensor());
        compare.Numbers("rewards", item.Numbers("rewards"), rewards);
        var size = args.Flag("use_group") ? args.Int("num_generations") : rewards.Length;
        double[] Of(double[] scores)
        {
            var trimmed = Math.Min((int)(size * args.Number("trimmed_ratio", 0)), size - 1);
            if (trimmed == 0) return GoldenChains.Group(scores, size);
            return [.. scores.Chunk(size).SelectMany(group =>
            {
                var moments = Moments.Of([.. group.Order().Skip(trimmed)]);
                return group.Select(r => (r - moments.Mean) / (Math.Sqrt(moments.Variance(Deviation.Sample)) + 1e-8));
            })];
        }
        var advantage = Of(rewards);
        if (item.Has("rewards_second_model"))
        {
            var second = rewardsTo(item.At("reward").At("targets_second_model").Tensor());
            compare.Numbers("rewards_second_model", item.Numbers("rewards_second_model"), second);
            var weights = item.At("reward").At("model_weights").EnumerateObject().Select(w => w.Value.GetDouble()).ToArray();
            if (args.Text("multi_reward_mix") == "advantage_aggr")
                advantage = [.. advantage.Zip(Of(second), (a, b) => weights[0] * a + weights[1] * b)];
        }
        compare.Numbers("advantages", item.Numbers("advantages"), advantage, 1e-8);
        return advantage;
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
