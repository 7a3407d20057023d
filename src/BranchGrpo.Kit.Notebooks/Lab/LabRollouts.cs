using BranchGrpo.Kit.Shapes;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

public static partial class Lab
{
    private static readonly Lazy<FlowPolicy> basePolicy = new(() => Task.CreatePolicy());

    /// <summary>The base policy that every training starts from, made once. Not to be changed or disposed.</summary>
    public static FlowPolicy BasePolicy => basePolicy.Value;

    /// <summary>Grows the trees of a plan with the base policy and scores their leaves.</summary>
    /// <param name="plan">How each tree grows.</param>
    /// <param name="prompts">One tree each; the same prompt may come several times.</param>
    /// <param name="seed">Seed of all noise.</param>
    /// <param name="noise">Another source of noise; of <paramref name="seed"/> if null.</param>
    /// <param name="policy">Another policy; <see cref="BasePolicy"/> if null.</param>
    /// <returns>The scored forest, with log-densities summed over elements and the means of its steps kept; the caller owns it.</returns>
    public static RolloutTree Grow(
        RolloutPlan plan, IReadOnlyList<string> prompts, ulong seed = 1, NoiseSource? noise = null, FlowPolicy? policy = null)
    {
        var options = new RolloutOptions { Reduction = Reduction.Sum, KeepMeans = true };
        var tree = TreeRollout.Grow(policy ?? BasePolicy, plan, prompts, noise ?? SeededNoise.For(seed, 1), options);
        TreeRollout.Score(tree, Task.Reward);
        return tree;
    }

    /// <summary>Grows one tree of a prompt.</summary>
    public static RolloutTree Grow(RolloutPlan plan, string prompt, ulong seed = 1) => Grow(plan, [prompt], seed);

    /// <summary>Draws independent leaves of a plan: one leaf of each of many trees, since leaves of one tree share noise.</summary>
    /// <param name="plan">How each tree grows; every tree in turn gives its next leaf.</param>
    /// <param name="prompt">Prompt of all of them.</param>
    /// <param name="count">Number of trees, and so of leaves.</param>
    /// <param name="seed">Seed of all noise.</param>
    /// <returns>Pictures. Shape [count, 3, 32, 32]; the caller owns it.</returns>
    public static Tensor IndependentLeaves(RolloutPlan plan, string prompt, int count, ulong seed = 1)
    {
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        var batch = Math.Max(1, 512 / plan.LeavesPerPrompt);                                        // bounds memory, not the law
        for (var start = 0; start < count; start += batch)
        {
            var trees = Math.Min(batch, count - start);
            using var tree = TreeRollout.Grow(BasePolicy, plan, [.. Enumerable.Repeat(prompt, trees)], SeededNoise.For(seed, start));
            long[] chosen = [.. Enumerable.Range(0, trees).Select(t => (long)t * plan.LeavesPerPrompt + (start + t) % plan.LeavesPerPrompt)];
            parts.Add(tree.Leaves.index_select(0, tensor(chosen).to(tree.Leaves.device)));
        }
        return ((ShapesPolicy)BasePolicy).Size.ToPictures(cat(parts, 0)).cpu().MoveToOuterDisposeScope();
    }
}
