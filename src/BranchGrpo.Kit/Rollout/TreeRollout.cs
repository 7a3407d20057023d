using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>Grows the forest of a plan level by level: one batched policy call per level (in micro-batches), each node evaluated once however many
/// children it has.</summary>
public static class TreeRollout
{
    /// <summary>Grows the forest. No gradient is recorded.</summary>
    /// <param name="policy">Borrowed.</param>
    /// <param name="plan">How the forest grows.</param>
    /// <param name="prompts">One tree (or group of roots) each.</param>
    /// <param name="noise">All randomness of the rollout.</param>
    /// <param name="options">Micro-batch, reduction of log-probabilities, what to keep.</param>
    /// <returns>The forest, not yet scored; the caller owns it.</returns>
    public static RolloutTree Grow(FlowPolicy policy, RolloutPlan plan, IReadOnlyList<string> prompts, NoiseSource noise, RolloutOptions? options = null)
    {
        Require.AtLeast(prompts.Count, 1);
        options ??= new();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var tree = new RolloutTree(plan, prompts, policy.Encode(prompts), options.Reduction) { Means = new Tensor?[options.KeepMeans ? plan.Depth : 0] };
        var draw = new NodeNoise(noise, [.. policy.LatentShape], policy);
        tree.SetLevel(0, draw.Roots(tree));
        for (var step = 0; step < plan.Depth; step++) Grow(policy, tree, step, draw, options);
        return tree;
    }

    /// <summary>Scores the leaves, in micro-batches of whole prompts: a reward that compares the leaves of a prompt sees all of them, together.</summary>
    /// <exception cref="NonFiniteException">The reward of a leaf is not finite.</exception>
    public static void Score(RolloutTree tree, RewardModel reward, int microBatch = 256)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var rewards = new List<double>(tree.LevelCount(tree.Plan.Depth));
        var perPrompt = tree.LevelCount(tree.Plan.Depth) / tree.Prompts.Count;
        foreach (var (start, count) in Batches.Of(tree.LevelCount(tree.Plan.Depth), Math.Max(microBatch / perPrompt, 1) * perPrompt))
        {
            var prompts = Enumerable.Range(tree.FirstLeaf + start, count).Select(i => tree.Prompts[tree.Prompt[i]]).ToArray();
            var scores = reward(tree.Leaves.narrow(0, start, count), prompts);
            if (scores.Length != count) throw new InvalidOperationException($"The reward model returned {scores.Length} scores for {count} latents.");
            rewards.AddRange(scores);
        }
        for (var l = 0; l < rewards.Count; l++)
            if (!double.IsFinite(rewards[l])) throw new NonFiniteException("reward", rewards[l], tree.Prompts[tree.Prompt[tree.FirstLeaf + l]],
                tree.FirstLeaf + l);
        tree.Rewards = [.. rewards];
    }

    private static void Grow(FlowPolicy policy, RolloutTree tree, int step, NodeNoise draw, RolloutOptions options)
    {
        using var scope = NewDisposeScope();
        var (plan, latents) = (tree.Plan, tree.Level(step));                                       // [n, …]
        var velocity = Velocity(policy, tree, step, options);                                      // [n, …]
        var transition = plan.Coefficients(step).Transition(latents, velocity);
        var (stochastic, branches) = plan.Steps[step];
        var next = stochastic ? transition.Sample(draw.Children(tree, step)) : transition.Mean;    // [n·K, …]
        tree.SetLevel(step + 1, next);
        if (stochastic)
        {
            using var logProb = transition.LogProb(next, options.Reduction).to(float64).cpu();     // [n·K]
            logProb.data<double>().CopyTo(tree.LogProb.AsSpan(tree.LevelStart(step + 1), tree.LevelCount(step + 1)));
            if (options.KeepMeans) tree.Means[step] = transition.Mean.DetachFromDisposeScope();
        }
        if (step < plan.Depth - 1) return;
        var leaves = plan.Scored == ScoredLatent.Final
            ? next.alias()
            : latents.add(velocity, alpha: Scalars.Of(-plan.Schedule[step])).repeat_interleave(branches, 0);    // x₀ = x − σv
        tree.Leaves = leaves.DetachFromDisposeScope();
    }

    private static Tensor Velocity(FlowPolicy policy, RolloutTree tree, int step, RolloutOptions options)
    {
        var (latents, parts) = (tree.Level(step), new List<Tensor>());
        foreach (var (start, count) in Batches.Of(tree.LevelCount(step), options.MicroBatch))
        {
            using var rows = tensor(Array.ConvertAll(tree.Prompt[(tree.LevelStart(step) + start)..(tree.LevelStart(step) + start + count)], p => (long)p));
            using var conditioning = tree.Conditioning.Select(rows);
            using var graph = set_grad_enabled(options.KeepForwards.Contains(step));
            var velocity = policy.Velocity(latents.narrow(0, start, count), tree.Plan.Schedule[step], conditioning);
            parts.Add(velocity.detach());
            if (velocity.requires_grad) tree.Forwards.Add(step, start, velocity);
        }
        tree.Evaluations += tree.LevelCount(step);
        return parts.Count == 1 ? parts[0] : cat(parts, 0);
    }
}
