using System.Text.Json;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>Whole tree rollouts from recorded draws.</summary>
internal static class GoldenRollout
{
    public static void Tree(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var nodes = item.List("nodes");
        compare.Sequence("split_points", item.Ints("split_points"), GoldenText.SplitPoints(item.At("args"), item.At("args").Int("sampling_steps")).Points!);
        var single = item.Text("precision") != "float64";
        using var policy = new GoldenPolicy(item, Shape(item), item.Numbers("sigmas"), item.Numbers("timesteps"), single ? ScalarType.Float32
            : ScalarType.Float64);
        var plan = Plan(item, item.Ints("split_points"));
        GoldenSteps.Stored(item, compare);
        compare.Same("model_evaluations", item.Int("model_evaluations"), item.Int("batch") * Enumerable.Range(0, plan.Depth).Sum(plan.NodesAt));
        if (single)
        {
            EdgeByEdge(item, plan, policy, nodes, compare);
            return;
        }
        using var tree = Grow(policy, plan, item.Int("batch"), nodes, item.At("args"));
        TreeRollout.Score(tree, GoldenPolicy.NegativeMse(item.At("reward").At("targets").Tensor()));
        Nodes(nodes, tree, compare);
        compare.Same("evaluations", item.Int("model_evaluations"), (int)tree.Evaluations);
        foreach (var leaf in item.List("leaves"))
        {
            var (node, path) = (leaf.Int("node"), 0.0);
            for (var i = node; i >= 0; i = tree.Parent[i]) path += tree.LogProb[i];
            compare.Number("path_log_prob", leaf.Number("path_log_prob"), path);
            compare.Tensor("pred_original", leaf.Numbers("pred_original"), tree.Leaves[node - tree.FirstLeaf]);
            compare.Number("reward", leaf.Number("reward"), tree.Rewards[node - tree.FirstLeaf]);
        }
    }

    public static long[] Shape(JsonElement item) => item.Numbers("latent_shape") is var s && s.Length == 3
        ? [(long)s[1], (long)s[2]] : [.. s.Select(x => (long)x)];

    /// <summary>The plan of a published rollout: every step stochastic, or in mixed mode those of the window and the splits.</summary>
    public static RolloutPlan Plan(JsonElement item, int[] splits)
    {
        var args = item.At("args");
        var rule = new PlanRule
        {
            Schedule = new NoiseSchedule(item.Numbers("sigmas")),
            Dynamics = new Dynamics.DanceSde(args.Number("eta")),
            Splits = splits.Length == 0 ? new SplitRule.None() : new SplitRule.Fixed(2, splits),
            Stochastic = args.Flag("mix_ode_sde_tree")
                ? new StochasticRule.PublishedWindow(args.Int("mix_sde_window_size", 1), args.Int("depth_pruning_slide_interval", 1))
                    : new StochasticRule.All(),
            Noise = new BranchNoise.Scaled(args.Number("tree_split_noise_scale")),
        };
        return rule.At(1, 0);
    }

    /// <summary>Grows the tree from the recorded roots and draws; nodes have the same order in the file and in the kit.</summary>
    public static RolloutTree Grow(GoldenPolicy policy, RolloutPlan plan, int prompts, JsonElement[] nodes, JsonElement args)
    {
        var starts = TreeShape.Of(plan, prompts).LevelStart;
        Tensor Recorded(NoiseKey key, long[] shape)
        {
            var node = nodes[starts[key.Depth] + key.Prompt * plan.NodesAt(key.Depth) + key.Node];
            return node.At(key.Purpose == NoisePurpose.Root ? "latent" : "noise").Tensor(shape);
        }
        return TreeRollout.Grow(policy, plan, [.. Enumerable.Range(0, prompts).Select(p => $"{p}")], Recorded);
    }

    public static void Nodes(JsonElement[] nodes, RolloutTree tree, GoldenComparer compare)
    {
        compare.Same("nodes", nodes.Length, tree.Count);
        for (var i = 0; i < nodes.Length; i++)
        {
            compare.Sequence($"node {i}", new[] { nodes[i].Int("parent"), nodes[i].Int("depth"), nodes[i].Int("batch_idx") },
                new[] { tree.Parent[i], tree.Depth[i], tree.Prompt[i] });
            if (nodes[i].Has("step")) compare.Same($"node {i} step", nodes[i].Int("step"), tree.Depth[i]);
            if (nodes[i].Has("is_sde_edge")) compare.Same($"node {i} is_sde_edge", nodes[i].Flag("is_sde_edge"), tree.IsStochastic[i]);
            compare.Number($"node {i} log_prob", nodes[i].Number("log_prob", 0), tree.LogProb[i]);
        }
        for (var d = 0; d <= tree.Plan.Depth; d++)
            for (var k = 0; k < tree.LevelCount(d); k++) compare.Tensor($"depth {d} latent {k}", nodes[tree.LevelStart(d) + k].Numbers("latent"),
                tree.Level(d)[k]);
    }

    // Stored latents are rounded to bfloat16 after they were scored, so each edge is replayed from its stored parent.
    private static void EdgeByEdge(JsonElement item, RolloutPlan plan, GoldenPolicy policy, JsonElement[] nodes, GoldenComparer compare)
    {
        using var noGradient = no_grad();
        var (shape, scale) = (Shape(item), item.At("args").Number("tree_split_noise_scale"));
        var rescored = item.Has("reevaluation_same_weights") ? item.List("reevaluation_same_weights").ToDictionary(r => r.Int("node")) : [];
        var moved = false;
        var own = TreeShape.Of(plan, item.Int("batch"));
        compare.Sequence("parents", nodes.Select(n => n.Int("parent")), own.Parent);
        compare.Sequence("prompts", nodes.Select(n => n.Int("batch_idx")), own.Prompt);
        compare.Sequence("steps", nodes.Select(n => n.Int("step")), own.Depth);
        var (scores, clean) = (new double[nodes.Length], new Tensor?[nodes.Length]);
        for (var i = 0; i < nodes.Length; i++)
        {
            if (nodes[i].Int("parent") < 0) continue;
            var parent = nodes[nodes[i].Int("parent")];
            var step = parent.Int("depth");
            if (nodes[i].Has("is_sde_edge")) compare.Same($"node {i} is_sde_edge", nodes[i].Flag("is_sde_edge"), plan.Steps[step].IsStochastic);
            using var conditioning = policy.Encode([$"{nodes[i].Int("batch_idx")}"]);
            var latent = parent.At("latent").Tensor([1, .. shape], ScalarType.Float32);
            var velocity = policy.Velocity(latent, plan.Schedule[step], conditioning);
            var transition = plan.Coefficients(step).Transition(latent, velocity);
            clean[i] = latent.add(velocity, alpha: -plan.Schedule[step]);
            var stored = nodes[i].At("latent").Tensor([1, .. shape], ScalarType.Float32);
            if (!plan.Steps[step].IsStochastic)
            {
                compare.Tensor($"node {i} latent", nodes[i].Numbers("latent"), transition.Mean.to(bfloat16), 1e-2);
                continue;
            }
            var factor = plan.Steps[step].Branches > 1 ? scale : 1;
            var next = transition.Sample(nodes[i].At("noise").Tensor([1, .. shape], ScalarType.Float32) * factor);
            compare.Tensor($"node {i} latent", nodes[i].Numbers("latent"), next.to(bfloat16), 1e-2);
            var scored = transition.LogProb(next, Reduction.Mean);
            compare.Tensor($"node {i} log_prob", [nodes[i].Number("log_prob")], scored, 2e-3);
            scores[i] = scored.to(float64).item<double>();
            if (!rescored.TryGetValue(i, out var again)) continue;
            var score = transition.LogProb(stored, Reduction.Mean);
            compare.Tensor($"node {i} new_log_prob", [again.Number("new_log_prob")], score, 2e-3);
            compare.Number($"node {i} ratio", again.Number("ratio"), Math.Exp((score - scored).to(float64).item<double>()), 2e-3);
            moved |= Math.Abs(again.Number("ratio") - 1) > 1e-6
                && Math.Abs(Math.Exp((score - transition.LogProb(stored, Reduction.Mean)).item<float>()) - 1) <= 1e-6;
        }
        var reward = GoldenPolicy.NegativeMse(item.At("reward").At("targets").Tensor());
        foreach (var leaf in item.List("leaves"))
        {
            var (node, path) = (leaf.Int("node"), 0.0);
            for (var i = node; i >= 0; i = nodes[i].Int("parent")) path += scores[i];
            compare.Number("path_log_prob", leaf.Number("path_log_prob"), path, 2e-3);
            compare.Tensor("pred_original", leaf.Numbers("pred_original"), clean[node]!, 1e-5);
            compare.Number("reward", leaf.Number("reward"), reward(clean[node]!, [$"{nodes[node].Int("batch_idx")}"])[0], 1e-5);
        }
        if (rescored.Count > 0) compare.Departs("latents are rounded after they were scored, so that the ratio does not start at 1", moved);
    }
}
