using System.Text.Json;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>Counts of nodes, edges and evaluations, by the kit's plans and edge filters.</summary>
internal static class GoldenNfe
{
    public static void Counts(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var (steps, splits, prompts) = (item.Int("T"), item.Ints("split_points"), item.Int("prompts"));
        var plan = Plans.Tree(steps, splits);
        var shape = TreeShape.Of(plan, prompts);
        compare.Same("leaves", item.Int("leaves"), plan.LeavesPerPrompt * prompts);
        compare.Same("total_nodes", item.Int("total_nodes"), shape.Parent.Length);
        compare.Same("total_edges", item.Int("total_edges"), shape.Parent.Length - prompts);
        var leafCount = (double)plan.LeavesPerPrompt * prompts;
        void PerLeaf(JsonElement record, string field, int count)
        {
            if (record.Has(field)) compare.Number(field, record.Number(field), count / leafCount);
        }
        PerLeaf(item, "nodes_per_leaf", shape.Parent.Length);
        PerLeaf(item, "edges_per_leaf", shape.Parent.Length - prompts);
        PerLeaf(item, "sampling_evaluations_per_leaf", shape.LevelStart[steps]);
        compare.Same("sampling_model_evaluations", item.Int("sampling_model_evaluations"), shape.LevelStart[steps]);
        foreach (var level in item.List("per_depth"))
        {
            var depth = level.Int("depth");
            var nodes = Enumerable.Range(shape.LevelStart[depth], shape.LevelStart[depth + 1] - shape.LevelStart[depth]).ToArray();
            compare.Same("nodes", level.Int("nodes"), nodes.Length);
            compare.Same("edges_into", level.Int("edges_into"), nodes.Count(i => shape.Parent[i] >= 0));
            compare.Same("unique_parents", level.Int("unique_parents"), nodes.Select(i => shape.Parent[i]).Where(p => p >= 0).Distinct().Count());
            compare.Same("nonleaf", level.Int("nonleaf"), depth < steps ? nodes.Length : 0);
        }
        foreach (var config in item.List("training_configs"))
        {
            JsonElement[] nodes = [.. shape.Parent.Select((p, i) =>
                JsonSerializer.SerializeToElement(new { parent = p, depth = shape.Depth[i], batch_idx = shape.Prompt[i] }))];
            int[] leaves = [.. Enumerable.Range(shape.LevelStart[steps], plan.LeavesPerPrompt * prompts)];
            var tree = new GoldenTree(nodes, leaves, [.. leaves.Select(i => Math.Sin(3.7 * i))], splits, steps);
            var value = tree.Fuse(false);
            var credited = tree.Credited(value, tree.Advantages(value), config.At("args"), 1);
            var (depthRules, width, _) = tree.Rules(config.At("args"), null, null);
            var edges = depthRules.Concat(width).Aggregate(EdgeFilter.Stochastic(credited, credited.DepthFirst()), (all, rule) => rule.Keep(credited, all));
            compare.Same($"{config.Text("config")} edges", config.Int("training_edges"), edges.Length);
            var parents = edges.Select(i => shape.Parent[i]).Distinct().Count();
            compare.Same($"{config.Text("config")} parents", config.Int("training_unique_parent_states"), parents);
            PerLeaf(config, "training_edges_per_leaf", edges.Length);
            PerLeaf(config, "training_unique_parents_per_leaf", parents);
        }
    }
}
