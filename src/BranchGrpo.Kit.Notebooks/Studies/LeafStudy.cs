using System.Diagnostics;
using BranchGrpo.Kit.Models.Metrics;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Quality and diversity of what trees grow, against sequential rollouts of the same policy, prompts, noise levels and stochastic steps.</summary>
/// <remarks>
/// What is shared. All leaves of a tree start from one initial noise, and follow one path down to the split that parts them; of a star of chains they
/// share the initial noise alone. Under noise that keeps the marginal (BranchGRPO, arXiv 2509.06040v5, Theorem 1) each leaf alone has the law of a
/// sequential rollout, whose initial noise is its own, so that over many trees both sets have one law. But at a given number of leaves a tree shows less
/// of it than as many sequential rollouts: what the initial noise and the shared path decide is the same for all of them. The distances cannot say
/// so, except that kinship lifts those that take leaves for independent draws; the variances inside a tree do.
/// </remarks>
/// <param name="policy">Borrowed.</param>
/// <param name="reward">Whose mean and variance are told.</param>
/// <param name="features">From leaves [B, …latent] to vectors [B, D], of which directions count; distances are taken between these.</param>
/// <param name="prompts">Trees take them in turn.</param>
public sealed class LeafStudy(FlowPolicy policy, RewardModel reward, Func<Tensor, Tensor> features, IReadOnlyList<string> prompts) : IDisposable
{
    private const ulong TreeNoise = 1, ChainNoise = 2, OtherChainNoise = 3, SwapSeed = 4;
    private readonly LeafSampler sampler = new(policy, reward, features, prompts);
    private ShapesReward? owned;
    private (LeafPlan Plan, LeafOptions Options, LeafSet First, LeafSet Second)? kept;

    /// <summary>A study of the embedded task on its test captions, with the features of the reward that policies are never trained on.</summary>
    /// <param name="policy">Borrowed; the base policy if null.</param>
    public static LeafStudy OfShapes(FlowPolicy? policy = null)
    {
        policy ??= Lab.BasePolicy;
        var (size, heldOut) = (((ShapesPolicy)policy).Size, ShapesReward.LoadHeldOut(ShapesData.Locate(), policy.Device));
        var study = new LeafStudy(policy, Lab.Task.Reward, Features, ShapesPrompts.Test);
        study.owned = heldOut;
        return study;

        Tensor Features(Tensor latents)
        {
            using var pictures = size.ToPictures(latents);
            return heldOut.Features(pictures);
        }
    }

    /// <summary>What stands in the place of a tree: as many chains with the plan's noise levels and stochastic steps, each from its own
    /// noise.</summary>
    public static RolloutPlan Sequential(RolloutPlan plan) => new(plan.Schedule, plan.Steps.Select(s => s with { Branches = 1 }), plan.Dynamics,
        new(plan.LeavesPerPrompt, InitialNoise.Own), new BranchNoise.Independent(), plan.Scored);

    /// <summary>Compares the leaves of a rule's trees with sequential rollouts, and these with others like them.</summary>
    /// <param name="name">Of the result.</param>
    /// <param name="rule">How trees grow; tree i as in iteration i of a run.</param>
    /// <param name="options">How many; the default if null.</param>
    /// <param name="reference">What the leaves are held against; <see cref="Sequential"/> if null.</param>
    /// <param name="drawn">Told how many pictures more there are.</param>
    /// <param name="stop">Ends the study between two batches.</param>
    /// <exception cref="ArgumentException">Fewer than two trees, or one leaf per tree.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public LeafResult Compare(string name, PlanRule rule, LeafOptions? options = null, Func<RolloutPlan, RolloutPlan>? reference = null,
        IProgress<int>? drawn = null, CancellationToken stop = default)
    {
        options ??= new();
        var start = Stopwatch.GetTimestamp();
        var plan = LeafPlan.Of(rule, options, reference ?? Sequential);
        var (chains, others) = Chains(plan, options, drawn, stop);
        using var trees = sampler.Draw(plan.Trees, SeededNoise.Hash(options.Seed, TreeNoise), drawn, stop);
        stop.ThrowIfCancellationRequested();
        using var quiet = no_grad();
        LeafQuantity[] quantities = [.. Distances(trees, chains, others, options), .. Inside(trees, chains, Swaps(trees, options))];
        return new(name, trees.Blocks, plan.LeavesPerTree, quantities, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    /// <summary>Pictures that comparisons will draw, one after the other: sequential rollouts of the last one are kept.</summary>
    internal static int PicturesOf(IEnumerable<PlanRule> rules, LeafOptions options)
    {
        var (total, before) = (0, (LeafPlan?)null);
        foreach (var plan in rules.Select(rule => LeafPlan.Of(rule, options, Sequential)))
        {
            total += plan.Leaves * (plan.SharesChainsWith(before) ? 1 : 3);
            before = plan;
        }
        return total;
    }

    /// <summary>Frees what is kept.</summary>
    public void Dispose()
    {
        Forget();
        owned?.Dispose();
    }

    private void Forget()
    {
        kept?.First.Dispose();
        kept?.Second.Dispose();
        kept = null;
    }

    private (LeafSet First, LeafSet Second) Chains(LeafPlan plan, LeafOptions options, IProgress<int>? drawn, CancellationToken stop)
    {
        if (kept is { } last && last.Options.Seed == options.Seed && plan.SharesChainsWith(last.Plan)) return (last.First, last.Second);
        Forget();
        var first = sampler.Draw(plan.Chains, SeededNoise.Hash(options.Seed, ChainNoise), drawn, stop);
        try
        {
            kept = (plan, options, first, sampler.Draw(plan.Chains, SeededNoise.Hash(options.Seed, OtherChainNoise), drawn, stop));
        }
        catch
        {
            first.Dispose();
            throw;
        }
        return (kept.Value.First, kept.Value.Second);
    }

    private static BlockSwaps Swaps(LeafSet trees, LeafOptions options, int? count = null) =>
        new(trees.Blocks, count ?? options.Swaps, SeededNoise.Hash(options.Seed, SwapSeed));

    private static IEnumerable<LeafQuantity> Distances(LeafSet trees, LeafSet chains, LeafSet others, LeafOptions options)
    {
        var (swaps, none) = (Swaps(trees, options), Swaps(trees, options, 0));
        var (x, y, z) = (trees.Features, chains.Features, others.Features);
        using Tensor sequential = y.flatten(0, 1), moreSequential = z.flatten(0, 1);
        var gaussian = KernelSums.Gaussian(KernelDistance.MedianDistance(sequential, moreSequential));
        var (mmd, nullMmd) = (LeafDistances.Mmd(x, y, gaussian, swaps), LeafDistances.Mmd(y, z, gaussian, none));
        yield return BlockSwaps.Distance(LeafMeasure.Mmd, mmd.All, nullMmd.All[0]);
        yield return BlockSwaps.Distance(LeafMeasure.MmdWithoutRelatives, mmd.WithoutRelatives, nullMmd.WithoutRelatives[0]);
        var kid = LeafDistances.Kid(x, y, options);
        var whole = BlockSwaps.Distance(LeafMeasure.Kid, LeafDistances.Mmd(x, y, KernelSums.Cubic, swaps).All, LeafDistances.Kid(y, z, options).Mean);
        yield return whole with { Value = kid.Mean, Deviation = kid.Deviation };
        var (frechet, nullFrechet) = (LeafDistances.Frechet(x, y, swaps), LeafDistances.Frechet(y, z, none));
        yield return BlockSwaps.Distance(LeafMeasure.Frechet, frechet.All, nullFrechet.All[0]);
        yield return BlockSwaps.Distance(LeafMeasure.FrechetWithoutRelatives, frechet.WithoutRelatives, nullFrechet.WithoutRelatives[0]);
    }

    private static IEnumerable<LeafQuantity> Inside(LeafSet trees, LeafSet chains, BlockSwaps swaps)
    {
        var (pictures, seen, rewards) = (LeafSet.Inside(trees.Pictures), LeafSet.Inside(trees.Features), LeafSet.Inside(trees.Rewards));
        var (pictures0, seen0, rewards0) = (LeafSet.Inside(chains.Pictures), LeafSet.Inside(chains.Features), LeafSet.Inside(chains.Rewards));
        yield return swaps.Difference(LeafMeasure.PictureDistance, pictures.Distance, pictures0.Distance);
        yield return swaps.Difference(LeafMeasure.FeatureDistance, seen.Distance, seen0.Distance);
        yield return swaps.Difference(LeafMeasure.PictureVariance, pictures.Variance, pictures0.Variance);
        yield return swaps.Difference(LeafMeasure.FeatureVariance, seen.Variance, seen0.Variance);
        yield return swaps.Difference(LeafMeasure.RewardVariance, rewards.Variance, rewards0.Variance);
        yield return swaps.Difference(LeafMeasure.Reward, trees.MeanRewards(), chains.MeanRewards());
    }
}
