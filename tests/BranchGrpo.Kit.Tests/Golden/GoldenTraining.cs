using System.Text.Json;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>Complete BranchGRPO iterations: rollout, fusion, pruning, updates.</summary>
internal static class GoldenTraining
{
    public static void Branch(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var args = item.At("args");
        using var policy = new GoldenPolicy(item, GoldenRollout.Shape(item), item.Numbers("sigmas"), item.Numbers("timesteps"));
        using var adam = Optimizer(policy, item);
        GoldenSteps.Stored(item, compare);
        var splits = GoldenText.SplitPoints(args, args.Int("sampling_steps")).Points!;
        var plan = GoldenRollout.Plan(item, splits);
        foreach (var (n, iteration) in item.List("iterations").Index())
        {
            compare.In($"iteration {n}");
            var nodes = iteration.List("nodes");
            using var tree = GoldenRollout.Grow(policy, plan, item.Int("prompts"), nodes, args);
            TreeRollout.Score(tree, GoldenPolicy.NegativeMse(item.At("reward").At("targets").Tensor()));
            GoldenRollout.Nodes(nodes, tree, compare);
            compare.Tensor("init_latents", iteration.Numbers("init_latents"), tree.Level(0));
            compare.Sequence("leaves", iteration.Ints("leaves"), Enumerable.Range(tree.FirstLeaf, tree.Rewards.Length));
            if (iteration.Has("reward_stats")) Statistics(iteration.At("reward_stats"), tree.Rewards, compare);
            compare.Tensor("leaf_pred_original", iteration.Numbers("leaf_pred_original"), tree.Leaves);
            compare.Numbers("leaf_rewards", iteration.Numbers("leaf_rewards"), tree.Rewards);
            var stored = new GoldenTree(nodes, iteration.Ints("leaves"), tree.Rewards, splits, plan.Depth);
            var weighted = args.Flag("tree_prob_weighted");
            var value = weighted && item.Text("reward_tensor_shape") == "[N,1]" ? stored.FuseWithBroadcast(out _) : stored.Fuse(weighted);
            var advantage = args.Flag("use_group") ? stored.GroupAdvantages(value, args.Int("num_generations")) : stored.Advantages(value);
            for (var i = 0; i < nodes.Length; i++)
            {
                if (nodes[i].Has("reward")) compare.Number($"node {i} reward", nodes[i].Number("reward"), value[i]);
                if (nodes[i].Has("advantage")) compare.Number($"node {i} advantage", nodes[i].Number("advantage"), advantage[i], 1e-8);
            }
            var credited = stored.Credited(value, advantage, args, iteration.Int("current_step"));
            var (depth, width, _) = stored.Rules(args, iteration.Int("current_step"), iteration.Int("max_steps"));
            var kept = depth.Concat(width).Aggregate(EdgeFilter.Stochastic(credited, credited.DepthFirst()), (all, rule) => rule.Keep(credited, all));
            compare.Sequence("kept_before_shuffle", iteration.Ints("kept_before_shuffle"), kept);
            var weight = 1.0 / (args.Int("gradient_accumulation_steps") * Math.Max(1, kept.Length / stored.Trees));
            var limit = args.Number("adv_clip_max");
            var order = iteration.List("edges_in_training_order");
            compare.Sequence("trained edges", kept.Order(), order.Select(e => e.Int("child")).Order());
            TrainedEdge[] edges = [.. order.Select(e => new TrainedEdge(e.Int("child"), Math.Clamp(advantage[e.Int("child")], -limit, limit), weight))];
            foreach (var edge in order)
            {
                var child = edge.Int("child");
                compare.Same("step", edge.Int("step"), tree.Depth[child] - 1);
                if (edge.Has("advantage")) compare.Number("edge advantage", edge.Number("advantage"), advantage[child], 1e-8);
            }
            var update = new GrpoUpdate(policy, new() { ClipRange = args.Number("clip_range") });
            var run = new GoldenUpdates(policy, adam, compare, args.Number("max_grad_norm"));
            run.Replay(iteration.List("updates"), "after_edges", edges.Length, 1, range => update.Accumulate(tree, edges[range]), order);
            Clips(iteration.List("updates"), args.Int("gradient_accumulation_steps"), compare);
            if (iteration.Has("returned_grad_norm"))
                compare.Numbers("returned_grad_norm", [iteration.Number("returned_grad_norm")], [run.Norm], 1e-7, 0);
            if (iteration.Has("total_loss_sum"))
                compare.Numbers("total_loss_sum", [iteration.Number("total_loss_sum")], [run.Loss], 1e-9, run.LossScale);
            if (iteration.Has("total_gradient")) compare.Numbers("total_gradient", iteration.Numbers("total_gradient"), run.Total!, 1e-7, 0);
            if (iteration.Has("returned_loss")) compare.Numbers("returned_loss", [iteration.Number("returned_loss")], [run.Loss / edges.Length],
                1e-9, run.LossScale / edges.Length);
        }
    }

    private static void Statistics(JsonElement stats, double[] rewards, GoldenComparer compare)
    {
        var moments = Moments.Of(rewards);
        compare.Numbers("reward_stats", [stats.Number("mean"), stats.Number("min"), stats.Number("max")],
            [moments.Mean, rewards.Min(), rewards.Max()]);
        // The deviation of one sample is not a number there and 0 in the kit.
        if (rewards.Length > 1) compare.Number("reward_stats std", stats.Number("std"), Math.Sqrt(moments.Variance(Deviation.Sample)));
    }

    // A remainder is clipped only if nothing was clipped before it.
    private static void Clips(JsonElement[] updates, int accumulation, GoldenComparer compare)
    {
        var clipped = false;
        foreach (var update in updates)
        {
            var clips = update.Int("after_edges") % accumulation == 0 || !clipped;
            if (update.Has("clipped_call")) compare.Same("clipped_call", update.Flag("clipped_call"), clips);
            clipped |= clips;
        }
    }

    public static AdamW Optimizer(GoldenPolicy policy, JsonElement item)
    {
        var o = item.At("optimizer");
        if (o.Text("kind") != "AdamW") throw new NotSupportedException($"optimiser {o.Text("kind")}");
        return new(policy.TrainedParameters(), new()
        {
            LearningRate = o.Number("lr"), WeightDecay = o.Number("weight_decay"), Beta1 = o.Numbers("betas")[0], Beta2 = o.Numbers("betas")[1],
            Epsilon = o.Number("eps"),
        });
    }
}
