using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Grows the trees of a study, or the sequential rollouts in their place: what a tree is depends on the seed and its number alone.</summary>
internal sealed class LeafSampler(FlowPolicy policy, RewardModel reward, Func<Tensor, Tensor> features, IReadOnlyList<string> prompts)
{
    private const int Together = 256;

    /// <param name="plans">One per tree.</param>
    /// <param name="seed">Of all noise.</param>
    /// <param name="drawn">Told how many pictures more there are.</param>
    /// <param name="stop">Looked at between batches.</param>
    /// <returns>The caller owns it.</returns>
    public LeafSet Draw(IReadOnlyList<RolloutPlan> plans, ulong seed, IProgress<int>? drawn, CancellationToken stop)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var (pictures, seen, rewards) = (new Tensor[plans.Count], new Tensor[plans.Count], new Tensor[plans.Count]);
        foreach (var alike in plans.Index().GroupBy(p => p.Item, p => p.Index))
        {
            foreach (var numbers in alike.Chunk(Math.Max(1, Together / alike.Key.LeavesPerPrompt)))
            {
                stop.ThrowIfCancellationRequested();
                Draw(alike.Key, numbers, seed, pictures, seen, rewards);
                drawn?.Report(numbers.Length * alike.Key.LeavesPerPrompt);
            }
        }
        return new(Kept(seen), Kept(pictures), Kept(rewards));
    }

    private void Draw(RolloutPlan plan, int[] numbers, ulong seed, Tensor[] pictures, Tensor[] seen, Tensor[] rewards)
    {
        using var scope = NewDisposeScope();
        var source = SeededNoise.For(seed, 1);
        Tensor Noise(NoiseKey key, long[] shape) => source(key with { Prompt = numbers[key.Prompt] }, shape);
        using var tree = TreeRollout.Grow(policy, plan, [.. numbers.Select(i => prompts[i % prompts.Count])], Noise);
        TreeRollout.Score(tree, reward);
        var blocks = new[] { numbers.Length, (long)plan.LeavesPerPrompt, -1 };
        var latents = tree.Leaves.cpu().to(float64).reshape(blocks);                                // [trees, L, elements]
        var vectors = features(tree.Leaves).cpu().to(float64).reshape(blocks);                      // [trees, L, D]
        var scaled = vectors.mul(Scalars.Of(Math.Sqrt(vectors.shape[2]))).div(vectors.square().sum(2, true).sqrt());
        var scores = tensor(tree.Rewards, dtype: float64).reshape(blocks);                          // [trees, L, 1]
        foreach (var (place, number) in numbers.Index())
        {
            pictures[number] = latents[place].clone().MoveToOuterDisposeScope();
            seen[number] = scaled[place].clone().MoveToOuterDisposeScope();
            rewards[number] = scores[place].clone().MoveToOuterDisposeScope();
        }
    }

    private static Tensor Kept(Tensor[] blocks) => stack(blocks, 0).DetachFromDisposeScope();
}
