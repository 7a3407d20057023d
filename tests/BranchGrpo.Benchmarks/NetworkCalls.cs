using BranchGrpo.Kit;
using static TorchSharp.torch;

namespace BranchGrpo.Benchmarks;

/// <summary>An iteration's network calls with nothing around them: as many forward passes, and forward and backward passes, of the same sizes.</summary>
internal static class NetworkCalls
{
    /// <summary>The policy calls of a recipe's first iteration: step, latents, whether it goes backward, and whether a kept forward pass serves it.</summary>
    /// <param name="recipe">Whose calls.</param>
    /// <param name="microBatch">Latents per call.</param>
    public static IEnumerable<(int Step, int Latents, bool IsTrained, bool IsKept)> Of(Recipe recipe, int microBatch)
    {
        var (plan, cost) = (recipe.Plan.At(1, 1), CostModel.Of(recipe));
        for (var step = 0; step < plan.Depth; step++)
            foreach (var latents in Parts(plan.NodesAt(step) * recipe.Prompts)) yield return (step, latents, false, false);
        foreach (var update in cost.TrainedLevels.GroupBy(level => level.Update))
        {
            // Whole steps of the first update are the rollout's own calls, which can be kept; all other steps share theirs.
            var own = update.ToLookup(level => level.Update == 0 && level.Latents == plan.NodesAt(level.Step) * recipe.Prompts);
            var calls = own[true].Select(level => (level.Step, level.Latents, IsKept: true)).ToList();
            if (own[false].Any()) calls.Add((own[false].First().Step, own[false].Sum(level => level.Latents), false));
            foreach (var (step, count, isKept) in calls)
            {
                foreach (var latents in Parts(count)) yield return (step, latents, true, isKept);
                if (recipe.Objective.KlCoefficient == 0) continue;
                foreach (var latents in Parts(count)) yield return (step, latents, false, false);       // the reference's
            }
        }

        IEnumerable<int> Parts(int count)
        {
            for (var start = 0; start < count; start += microBatch) yield return Math.Min(microBatch, count - start);
        }
    }

    /// <summary>Makes the calls of a recipe's first iteration.</summary>
    /// <param name="policy">Borrowed; its gradients are added to.</param>
    /// <param name="recipe">Whose calls.</param>
    /// <param name="prompts">As many as the recipe asks for.</param>
    /// <param name="microBatch">Latents per call.</param>
    public static void Make(FlowPolicy policy, Recipe recipe, IReadOnlyList<string> prompts, int microBatch)
    {
        var plan = recipe.Plan.At(1, 1);
        using var all = policy.Encode(prompts);
        foreach (var (step, latents, isTrained, _) in Of(recipe, microBatch)) Make(policy, all, plan.Schedule[step], latents, prompts.Count, isTrained);
    }

    /// <summary>One policy call, backward too where it is trained.</summary>
    public static void Make(FlowPolicy policy, Conditioning all, double sigma, int latents, int prompts, bool isTrained)
    {
        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(isTrained);
        using var conditioning = all.Select(arange(latents).remainder(prompts));
        var velocity = policy.Velocity(zeros([latents, .. policy.LatentShape], dtype: policy.Dtype, device: policy.Device), sigma, conditioning);
        if (isTrained) velocity.sum().backward();
    }
}
