using System.Text.Json;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>Complete DanceGRPO and MixGRPO iterations: forests of chains.</summary>
internal static class GoldenChains
{
    public static void Dance(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        using var policy = new GoldenPolicy(item, GoldenRollout.Shape(item), item.Numbers("sigmas"), item.Numbers("timesteps"));
        using var adam = GoldenTraining.Optimizer(policy, item);
        var (args, prompts) = (item.At("args"), item.Int("prompts"));
        GoldenSteps.Stored(item, compare);
        foreach (var (n, iteration) in item.List("iterations").Index())
        {
            compare.In($"iteration {n}");
            var samples = (int)iteration.At("init_latents").Shape()[0];
            var plan = Plan(item, samples / prompts, new Dynamics.DanceSde(args.Number("eta")), _ => true, ScoredLatent.CleanPrediction);
            var noise = iteration.At("noise").Tensor();                                            // [samples, T, …]
            using var tree = Grow(policy, plan, prompts, iteration.At("init_latents").Tensor(), (sample, step) => noise[sample, step]);
            TreeRollout.Score(tree, GoldenPolicy.NegativeMse(item.At("reward").At("targets").Tensor()));
            Latents(iteration, tree, compare, (sample, step) => tree.LogProb[tree.LevelStart(step + 1) + sample]);
            compare.Tensor("pred_original_last", iteration.Numbers("pred_original_last"), tree.Leaves);
            compare.Numbers("rewards", iteration.Numbers("rewards"), tree.Rewards);
            var size = args.Flag("use_group") ? args.Int("num_generations") : samples;
            var advantage = Group(tree.Rewards, size);
            compare.Numbers("advantages", iteration.Numbers("advantages"), advantage, 1e-8);
            var trained = (int)((plan.Depth - 1) * args.Number("timestep_fraction"));
            compare.Same("train_timesteps", iteration.Int("train_timesteps"), trained);
            foreach (var perm in iteration.List("perms"))
                compare.Sequence("steps to choose from", Enumerable.Range(0, plan.Depth).Where(plan.IsTrainable),
                    perm.EnumerateArray().Select(p => p.GetInt32()).Order());
            var order = iteration.List("edges_in_training_order");
            foreach (var edge in order)
                compare.Same("step", edge.Int("step"), iteration.List("perms")[edge.Int("sample")][edge.Int("slot")].GetInt32());
            var (accumulation, limit) = (args.Int("gradient_accumulation_steps"), args.Number("adv_clip_max"));
            TrainedEdge[] edges = [.. order.Select(e => Edge(tree, e, Math.Clamp(advantage[e.Int("sample")], -limit, limit), 1.0 / (accumulation * trained)))];
            var update = new GrpoUpdate(policy, new() { ClipRange = args.Number("clip_range") });
            var updates = iteration.Has("updates") ? iteration.List("updates") : [];
            var run = new GoldenUpdates(policy, adam, compare, args.Number("max_grad_norm"));
            run.Replay(updates, "after_samples", edges.Length, trained, range => update.Accumulate(tree, edges[range]), order);
            var used = updates.Length == 0 ? 0 : updates[^1].Int("after_samples");
            if (used < samples)
                compare.Departs("samples beyond the last full batch never take part", Dealt(order.Length, accumulation * trained) == order.Length);
            if (iteration.Has("error")) compare.Departs("fewer samples than a batch end in an error", updates.Length == 0
                && Dealt(order.Length, accumulation * trained) == order.Length);
            if (iteration.Has("returned_grad_norm"))
                compare.Numbers("returned_grad_norm", [iteration.Number("returned_grad_norm")], [run.Norm], 1e-7, 0);
            if (iteration.Has("returned_loss")) compare.Numbers("returned_loss", [iteration.Number("returned_loss")], [run.Loss], 1e-9, run.LossScale);
        }
    }

    /// <summary>A plan of chains with their own roots.</summary>
    public static RolloutPlan Plan(JsonElement item, int roots, Dynamics dynamics, Func<int, bool> stochastic, ScoredLatent scored)
    {
        var schedule = new NoiseSchedule(item.Numbers("sigmas"));
        return new(schedule, Enumerable.Range(0, schedule.Steps).Select(i => new PlanStep(stochastic(i))), dynamics,
            new(roots, InitialNoise.Own), scored: scored);
    }

    public static RolloutTree Grow(GoldenPolicy policy, RolloutPlan plan, int prompts, Tensor roots, Func<int, int, Tensor> noise) =>
        TreeRollout.Grow(policy, plan, [.. Enumerable.Range(0, prompts).Select(p => $"{p}")], (key, _) =>
        {
            var sample = key.Prompt * plan.Roots.PerPrompt + key.Node;
            return key.Purpose == NoisePurpose.Root ? roots[sample] : noise(sample, key.Depth - 1);
        });

    /// <summary>Recorded latents of all samples and steps, and log-probabilities of the stochastic ones.</summary>
    public static void Latents(JsonElement record, RolloutTree tree, GoldenComparer compare, Func<int, int, double> logProb)
    {
        var (latents, logProbs) = (record.At("all_latents").Tensor(), record.At("all_log_probs").Tensor());
        for (var s = 0; s < latents.shape[0]; s++)
            for (var d = 0; d <= tree.Plan.Depth; d++)
            {
                compare.Tensor($"sample {s} latent {d}", [.. latents[s, d].contiguous().data<double>()], tree.Level(d)[s]);
                if (d < tree.Plan.Depth && tree.Plan.Steps[d].IsStochastic) compare.Number($"sample {s} log_prob {d}",
                    logProbs[s, d].item<double>(), logProb(s, d));
            }
    }

    /// <summary>The kit's group advantage, sample std + 1e-8 without a threshold; consecutive groups.</summary>
    public static double[] Group(double[] rewards, int size) =>
        new AdvantageRule(Baseline.Group, AdvantageScale.Group) { Minimum = 0, Clip = double.PositiveInfinity }
            .Apply([.. rewards.Select(_ => -1)], new int[rewards.Length], [.. rewards.Select((_, i) => i / size)], rewards);

    public static TrainedEdge Edge(RolloutTree tree, JsonElement edge, double advantage, double weight) =>
        new(tree.LevelStart(edge.Int("step") + 1) + edge.Int("sample"), advantage, weight);

    // Edges that the kit deals to optimiser steps: all of them.
    private static int Dealt(int edges, int perUpdate)
    {
        var tree = new CreditedTree { Parent = [], Depth = [], Prompt = [], IsStochastic = [], Value = [], Advantage = [], LastSplit = -1 };
        return new UpdateSplit.ByEdges(perUpdate).Deal(tree, new int[edges]).Sum(batch => batch.Length);
    }
}
