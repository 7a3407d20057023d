using System.Text.Json;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>Reward fusion, advantages, pruning and the loss of prescribed edges.</summary>
internal static class GoldenCredit
{
    public static void Fusion(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var tree = new GoldenTree(item.List("nodes"), item.Ints("leaf_order"), item.Numbers("leaf_rewards"), [], 0);
        var value = tree.Fuse(item.Flag("prob_weighted"));
        if (item.Flag("prob_weighted") && item.Text("reward_shape") == "[N,1]")
        {
            value = tree.FuseWithBroadcast(out var differs);
            if (tree.Parent.CountBy(p => p).Any(p => p.Key >= 0 && p.Value > 1) && item.Numbers("leaf_rewards").Any(r => r != 0) && !item.Has("error"))
                compare.Departs("rewards of shape [N, 1] turn a weighted sum into a plain sum", differs);
        }
        if (item.Has("node_rewards")) compare.Numbers("node_rewards", item.Numbers("node_rewards"), value);
        var credited = new CreditedTree
        {
            Parent = tree.Parent, Depth = tree.Depth, Prompt = tree.Prompt, IsStochastic = [], Value = value, Advantage = [], LastSplit = 0,
        };
        if (item.Has("dfs_order")) compare.Sequence("dfs_order", item.Ints("dfs_order").Where(i => tree.Parent[i] >= 0), credited.DepthFirst());
        if (item.Has("node_advantages")) compare.Numbers("node_advantages", item.Numbers("node_advantages"), tree.Advantages(value), 1e-8);
        if (item.Has("error")) compare.Departs("irregular trees fail on [N, 1] rewards",
            tree.Advantages(tree.Fuse(item.Flag("prob_weighted"))).All(double.IsFinite));
    }

    public static void Groups(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var tree = new GoldenTree(item.List("nodes"), item.Ints("leaf_order"), item.Numbers("leaf_rewards"), item.Ints("splits"), item.Int("T"));
        var value = tree.Fuse(false);
        var own = tree.Advantages(value);
        var expected = item.List("node_advantages");
        var advantage = own;
        if (item.Flag("use_group"))
        {
            // The kit's group advantage also credits inner nodes.
            advantage = tree.GroupAdvantages(value, item.Int("num_generations"));
            var inner = new AdvantageRule(Baseline.Group, AdvantageScale.Group).Apply(tree.Parent, tree.Depth, tree.Prompt, value);
            if (item.Has("training_loop_error")) compare.Departs("group advantages leave inner nodes without one and training crashes",
                inner.All(double.IsFinite));
        }
        for (var i = 0; i < expected.Length; i++)
        {
            if (expected[i].ValueKind == JsonValueKind.Null) continue;
            if (double.IsNaN(expected[i].Number())) compare.Departs("the deviation of one sample is not a number", advantage[i] == 0);
            else compare.Number($"node_advantages[{i}]", expected[i].Number(), advantage[i], 1e-8);
        }
        var credited = tree.Credited(value, advantage, item, 1);
        var (depth, width, _) = tree.Rules(item, null, null);
        var kept = depth.Aggregate(credited.DepthFirst(), (edges, rule) => rule.Keep(credited, edges));
        // With missing advantages the published width stage fails and keeps everything.
        if (item.Flag("width_pruning_failed")) compare.Departs("width pruning silently keeps everything",
            width.Any(rule => rule.Keep(credited, kept).Length < kept.Length));
        else kept = width.Aggregate(kept, (edges, rule) => rule.Keep(credited, edges));
        compare.Sequence("kept_child_index", item.Ints("kept_child_index"), kept);
    }

    public static void FlowTracker(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var scale = item.Flag("global_std") ? AdvantageScale.Global : AdvantageScale.Group;
        var rule = new AdvantageRule(Baseline.Group, scale) { Deviation = Deviation.Population, Epsilon = 1e-4, Minimum = 0, Clip = double.PositiveInfinity };
        foreach (var update in item.List("updates"))
        {
            var names = update.List("prompts").Select(p => p.GetString()!).ToArray();
            var (distinct, rewards) = (names.Distinct().ToList(), update.Numbers("rewards"));
            var advantage = rule.Apply([.. names.Select(_ => -1)], new int[names.Length], [.. names.Select(n => distinct.IndexOf(n))], rewards);
            if (update.Has("advantages")) compare.Numbers("advantages", update.Numbers("advantages"), advantage, 1e-8);
            if (update.Has("error")) compare.Departs("statistics that are not cleared fail at the next update", advantage.All(double.IsFinite));
        }
    }

    public static void Pruning(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var stored = root.List("trees").First(t => t.Text("name") == item.Text("tree"));
        var tree = new GoldenTree(stored.List("nodes"), stored.Ints("leaf_order"), stored.Numbers("leaf_rewards"), stored.Ints("splits"), stored.Int("T"));
        var value = tree.Fuse(item.Flag("tree_prob_weighted"));
        var advantage = item.Text("advantages") == "synthetic" ? stored.Numbers("synthetic_advantages") : tree.Advantages(value);
        int? step = item.Has("current_step") ? item.Int("current_step") : null;
        var credited = tree.Credited(value, advantage, item, step ?? 1);
        if (item.Has("error"))
        {
            compare.Departs("sliding without a training step raises TypeError; the kit's trees always carry their iteration", step is null
                && credited.Iteration > 0);
            return;
        }
        var (depth, width, active) = tree.Rules(item, step, item.Has("max_steps") ? item.Int("max_steps") : null);
        compare.Same("should_prune", item.Flag("should_prune"), active);
        var edges = EdgeFilter.Stochastic(credited, credited.DepthFirst());
        compare.Same("before_pruning", item.Int("before_pruning"), edges.Length);
        edges = depth.Aggregate(edges, (all, rule) => rule.Keep(credited, all));
        compare.Same("after_depth", item.Int("after_depth"), edges.Length);
        if (item.Has("active_depths"))
            compare.Sequence("active_depths", item.Ints("active_depths").Where(d => d >= 1).Distinct().Order(),
                depth.Cast<PruningRule.DepthWindow>().Select(w => w.FirstAt(credited.Iteration)).Where(d => d >= 1).Distinct().Order());
        edges = width.Aggregate(edges, (all, rule) => rule.Keep(credited, all));
        compare.Sequence("kept_child_index", item.Ints("kept_child_index"), edges);
        compare.Same("kept_count", item.Int("kept_count"), edges.Length);
        compare.Same("num_samples_per_step", item.Int("num_samples_per_step"), Math.Max(1, edges.Length / tree.Trees));
    }

    public static void Loss(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var (limit, clip, accumulation) = (item.Number("adv_clip_max"), item.Number("clip_range"), item.Int("gradient_accumulation_steps"));
        var (edges, total, skipped) = (item.List("edges"), 0.0, 0);
        compare.Same("num_samples_per_step", item.Int("num_samples_per_step"), Math.Max(1, edges.Length / item.Int("num_trees", 1)));
        using var single = new GoldenSingleEdge();
        foreach (var (k, edge) in edges.Index())
        {
            var advantage = edge.Number("advantage") is var a && double.IsNaN(a) ? a : Math.Clamp(a, -limit, limit);
            using var logProb = tensor(new[] { edge.Number("new_log_prob") }, requires_grad: true);
            var logRatio = logProb - edge.Number("old_log_prob");
            var ratio = logRatio.exp().item<double>();
            if (edge.Flag("skipped"))
            {
                skipped++;
                compare.Departs("edges that are not finite are skipped; the kit's update throws", (!double.IsFinite(ratio) || double.IsNaN(advantage))
                    && single.Throws(logRatio.item<double>(), advantage));
                continue;
            }
            var loss = GrpoLoss.Clipped(logRatio, tensor(new[] { advantage }), clip) / (accumulation * item.Int("num_samples_per_step"));
            loss.sum().backward();
            compare.Number($"edge {k} ratio", edge.Number("ratio"), ratio);
            compare.Numbers($"edge {k} loss", [edge.Number("loss")], [loss.item<double>()]);
            compare.Numbers($"edge {k} dloss_dnew", [edge.Number("dloss_dnew")], [logProb.grad!.item<double>()]);
            total += loss.item<double>();
            var (change, weight) = (logRatio.item<double>(), 1.0 / (accumulation * item.Int("num_samples_per_step")));
            if (!double.IsFinite(change))
            {
                compare.Departs("a log-probability of −∞ trains with ratio 0; the kit's update throws", single.Throws(change, advantage));
                continue;
            }
            var outcome = single.At(change, advantage, weight, clip);
            compare.Numbers($"edge {k} outcome", [edge.Number("ratio"), edge.Number("loss")], [outcome.Ratio, outcome.Loss]);
        }
        if (item.Has("returned_loss")) compare.Number("returned_loss", item.Number("returned_loss"), total / edges.Length, 1e-9);
        var steps = item.List("events").Where(e => e.Text("event") == "optimizer_step").Select(e => e.Int("after_edge")).ToArray();
        compare.Sequence("gradients cleared", steps, item.List("events").Where(e => e.Text("event") == "zero_grad").Select(e => e.Int("after_edge")));
        var tree = new CreditedTree { Parent = [], Depth = [], Prompt = [], IsStochastic = [], Value = [], Advantage = [], LastSplit = -1 };
        var end = -1;
        int[] ends = [.. new UpdateSplit.ByEdges(accumulation).Deal(tree, [.. Enumerable.Range(0, edges.Length)]).Select(chunk => end += chunk.Length)];
        // Every published step is one of the kit's; where one is missing, a skipped edge sat on the boundary.
        compare.Sequence("optimiser steps", steps, ends.Where(e => !edges[e].Flag("skipped") || steps.Contains(e)));
        if (skipped == 0) compare.Same("all batches make a step", ends.Length, steps.Length);
        else if (steps.Length < ends.Length)
            compare.Departs("a skipped edge on a boundary cancels that optimiser step", ends.Except(steps).All(e => edges[e].Flag("skipped")));
        var clips = item.List("events").Where(e => e.Text("event") == "clip").Select(e => e.Int("after_edge"));
        int[] unclipped = [.. steps.Except(clips)];
        if (unclipped.Length > 0)
            compare.Departs("the remainder is not clipped after an earlier clip; the kit clips every update", unclipped is [var only] && only == ends[^1]);
    }
}
