using BranchGrpo.Kit;
using static TorchSharp.torch;

namespace BranchGrpo.Benchmarks;

/// <summary>An iteration's network calls with nothing around them: as many forward passes, and forward and backward passes, of the same sizes.</summary>
internal static class NetworkCalls
{
    /// <summary>Makes the calls of a recipe's first iteration.</summary>
    /// <param name="policy">Borrowed; its gradients are added to.</param>
    /// <param name="recipe">Whose calls.</param>
    /// <param name="prompts">As many as the recipe asks for.</param>
    /// <param name="microBatch">Latents per call.</param>
    public static void Of(FlowPolicy policy, Recipe recipe, IReadOnlyList<string> prompts, int microBatch)
    {
        var plan = recipe.Plan.At(1, 1);
        using var all = policy.Encode(prompts);
        for (var depth = 0; depth < plan.Depth; depth++)
        {
            using var quiet = no_grad();
            Call(policy, all, plan.Schedule[depth], plan.NodesAt(depth) * prompts.Count, prompts.Count, microBatch, _ => { });
        }
        foreach (var (step, count) in CostModel.Of(recipe).TrainedLevels)
            Call(policy, all, plan.Schedule[step], count, prompts.Count, microBatch, v => v.sum().backward());
    }

    private static void Call(FlowPolicy policy, Conditioning all, double sigma, int nodes, int prompts, int microBatch, Action<Tensor> use)
    {
        for (var start = 0; start < nodes; start += microBatch)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(microBatch, nodes - start);
            using var conditioning = all.Select(arange(start, start + count).remainder(prompts));
            use(policy.Velocity(zeros([count, .. policy.LatentShape], dtype: policy.Dtype, device: policy.Device), sigma, conditioning));
        }
    }
}
