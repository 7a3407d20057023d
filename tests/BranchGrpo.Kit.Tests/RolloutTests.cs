using CsCheck;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests;

public class RolloutTests
{
    [Theory]
    [InlineData(20, new[] { 0, 3, 6, 9 }, 2, 16, 218, 203)]
    [InlineData(20, new[] { 0, 4, 8, 12 }, 2, 16, 184, 169)]
    [InlineData(20, new[] { 0, 5, 10, 15 }, 2, 16, 150, 135)]
    [InlineData(20, new[] { 0, 3, 6, 9 }, 3, 81, 1008, 928)]
    [InlineData(20, new[] { 0, 3, 6, 9 }, 4, 256, 3068, 2813)]
    public void Counts_match_the_paper(int steps, int[] splits, int branches, int leaves, int edges, int evaluations)
    {
        using var policy = new GaussianFlow(4);
        using var tree = TreeRollout.Grow(policy, Plans.Tree(steps, splits, branches), ["a"], SeededNoise.For(1, 1));
        Assert.Equal((leaves, edges, evaluations), (tree.LevelCount(steps), tree.Count - 1, (int)tree.Evaluations));
    }

    [Fact]
    public void Parents_stand_before_their_children_and_prompts_stay_together()
    {
        using var policy = new GaussianFlow(4);
        using var tree = TreeRollout.Grow(policy, Plans.Tree(5, [1, 3], 3), ["a", "b"], SeededNoise.For(1, 1));
        for (var i = 0; i < tree.Count; i++)
        {
            if (tree.Depth[i] == 0) { Assert.Equal(-1, tree.Parent[i]); continue; }
            Assert.True(tree.Parent[i] < i);
            Assert.Equal((tree.Depth[i] - 1, tree.Prompt[i]), (tree.Depth[tree.Parent[i]], tree.Prompt[tree.Parent[i]]));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Micro_batches_change_nothing(int microBatch)
    {
        using var policy = new GaussianFlow(16);
        var plan = Plans.Tree(6, [0, 2], 2);
        using var whole = TreeRollout.Grow(policy, plan, ["a", "b", "c"], SeededNoise.For(3, 9));
        using var parts = TreeRollout.Grow(policy, plan, ["a", "b", "c"], SeededNoise.For(3, 9), new() { MicroBatch = microBatch });
        Assert.True(whole.Level(6).equal(parts.Level(6)).all().item<bool>());
        Assert.Equal(whole.LogProb, parts.LogProb);
    }

    [Fact]
    public void A_seed_and_an_iteration_fix_every_draw()
    {
        using var policy = new GaussianFlow(16);
        Tensor Leaves(ulong seed, int iteration) => TreeRollout.Grow(policy, Plans.Tree(4, [0]), ["a"], SeededNoise.For(seed, iteration)).Leaves;
        Assert.True(Leaves(1, 2).equal(Leaves(1, 2)).all().item<bool>());
        Assert.False(Leaves(1, 2).allclose(Leaves(1, 3)));
        Assert.False(Leaves(1, 2).allclose(Leaves(2, 2)));
    }

    [Fact]
    public void Roots_share_or_own_their_initial_noise()
    {
        using var policy = new GaussianFlow(16);
        using var shared = TreeRollout.Grow(policy, Plans.Tree(3, [], roots: 2), ["a"], SeededNoise.For(1, 1));
        using var own = TreeRollout.Grow(policy, Plans.Tree(3, [], roots: 2, initial: InitialNoise.Own), ["a"], SeededNoise.For(1, 1));
        Assert.True(shared.Level(0)[0].equal(shared.Level(0)[1]).all().item<bool>());
        Assert.False(shared.Level(1)[0].allclose(shared.Level(1)[1]));
        Assert.False(own.Level(0)[0].allclose(own.Level(0)[1]));
    }

    [Theory]
    [InlineData(1.0, 2)]
    [InlineData(4.0, 2)]
    [InlineData(4.0, 3)]
    public void Correlated_noise_has_standard_marginals_and_the_stated_covariance(double strength, int branches)
    {
        using var policy = new GaussianFlow(1 << 16);
        var plan = Plans.Tree(1, [0], branches, noise: new BranchNoise.Correlated(strength));
        var noise = Noise(policy, plan);
        for (var b = 0; b < branches; b++)
        {
            Assert.Equal(0, noise[b].mean().item<double>(), 0.02);
            Assert.Equal(1, noise[b].square().mean().item<double>(), 0.02);
            for (var c = 0; c < b; c++) Assert.Equal(1 / (1 + strength * strength), (noise[b] * noise[c]).mean().item<double>(), 0.02);
        }
    }

    [Fact]
    public void Mirrored_siblings_are_opposite_and_scaled_noise_is_wide()
    {
        using var policy = new GaussianFlow(1 << 14);
        var mirrored = Noise(policy, Plans.Tree(1, [0], 4, noise: new BranchNoise.Mirrored()));
        Assert.True(mirrored[0].allclose(-mirrored[1]) && mirrored[2].allclose(-mirrored[3]) && !mirrored[0].allclose(mirrored[2]));
        Assert.Equal(1, mirrored[3].square().mean().item<double>(), 0.05);
        Assert.Equal(16, Noise(policy, Plans.Tree(1, [0], noise: new BranchNoise.Scaled(4)))[1].square().mean().item<double>(), 0.8);
    }

    [Fact]
    public void Only_siblings_share_noise()
    {
        using var policy = new GaussianFlow(1 << 14);
        using var tree = TreeRollout.Grow(policy, Plans.Tree(2, [0, 1], noise: new BranchNoise.Correlated(1)), ["a"], SeededNoise.For(11, 1),
            new() { KeepMeans = true });
        var noise = Enumerable.Range(0, 4).Select(i => (tree.Level(2)[i] - tree.Means[1]![i / 2]) / tree.Plan.Coefficients(1).Std).ToArray();
        Assert.Equal(0.5, (noise[0] * noise[1]).mean().item<double>(), 0.04);
        Assert.Equal(0.5, (noise[2] * noise[3]).mean().item<double>(), 0.04);
        Assert.Equal(0, (noise[0] * noise[2]).mean().item<double>(), 0.04);
        Assert.Equal(0, (noise[1] * noise[3]).mean().item<double>(), 0.04);
    }

    // The noise of the children of the first step, recovered from the latents.
    private static Tensor[] Noise(GaussianFlow policy, RolloutPlan plan)
    {
        var tree = TreeRollout.Grow(policy, plan, ["a"], SeededNoise.For(11, 1), new() { KeepMeans = true });
        return [.. Enumerable.Range(0, plan.LeavesPerPrompt).Select(b => (tree.Level(1)[b] - tree.Means[0]![0]) / plan.Coefficients(0).Std)];
    }

    public static TheoryData<string> PreservingNoise => new("correlated", "mirrored", "independent");

    [Theory]
    [MemberData(nameof(PreservingNoise))]
    public void Leaf_law_equals_the_sequential_law(string noise)
    {
        var (expected, measured) = LeafMoments(noise switch
        {
            "correlated" => new BranchNoise.Correlated(2),
            "mirrored" => new BranchNoise.Mirrored(),
            _ => new BranchNoise.Independent(),
        });
        Assert.Equal(expected.Mean, measured.Mean, 0.01);
        Assert.Equal(expected.Variance, measured.Variance, 0.015);
    }

    [Fact]
    public void Scaled_split_noise_leaves_the_sequential_law()
    {
        var (expected, measured) = LeafMoments(new BranchNoise.Scaled(4));
        Assert.True(measured.Variance > 1.3 * expected.Variance, $"{measured} against {expected}");
    }

    // Mean and variance of a leaf element: exact for a chain (every step is affine), and measured on a tree of 32,768 elements a leaf.
    private static ((double Mean, double Variance) Expected, (double Mean, double Variance) Measured) LeafMoments(BranchNoise noise)
    {
        var plan = Plans.Tree(6, [0, 2, 4], eta: 0.8, noise: noise);
        var (mean, variance) = (0.0, 1.0);
        for (var i = 0; i < plan.Depth; i++)
        {
            var (c, (slope, offset)) = (plan.Coefficients(i), GaussianFlow.Affine(plan.Schedule[i]));
            mean = (c.Latent + c.Velocity * slope) * mean + c.Velocity * offset * 0.7;
            variance = Math.Pow(c.Latent + c.Velocity * slope, 2) * variance + c.Std * c.Std;
        }
        using var policy = new GaussianFlow(1 << 15, 0.7);
        using var tree = TreeRollout.Grow(policy, plan, ["a"], SeededNoise.For(21, 1));
        var leaf = tree.Leaves[5];
        return ((mean, variance), (leaf.mean().item<double>(), leaf.var().item<double>()));
    }

    [Fact]
    public void Rewards_see_the_clean_prediction_or_the_final_latent()
    {
        using var policy = new GaussianFlow(8);
        using var clean = TreeRollout.Grow(policy, Plans.Tree(4, [0, 3], scored: ScoredLatent.CleanPrediction), ["a"], SeededNoise.For(1, 1));
        using var final = TreeRollout.Grow(policy, Plans.Tree(4, [0, 3]), ["a"], SeededNoise.For(1, 1));
        Assert.True(final.Leaves.equal(final.Level(4)).all().item<bool>());
        Assert.True(clean.Leaves[0].equal(clean.Leaves[1]).all().item<bool>());
        var sigma = clean.Plan.Schedule[3];
        var (slope, offset) = GaussianFlow.Affine(sigma);
        Assert.True(clean.Leaves[0].allclose(clean.Level(3)[0] * (1 - sigma * slope) - policy.Mean * (sigma * offset)));
    }

    [Fact]
    public void Stored_edges_carry_their_log_probability_and_ode_edges_none()
    {
        using var policy = new GaussianFlow(8);
        var plan = new RolloutPlan(NoiseSchedule.Shifted(3), [new(true, 2), new(false), new(true)], new Dynamics.DanceSde(0.5));
        using var tree = TreeRollout.Grow(policy, plan, ["a"], SeededNoise.For(1, 1));
        for (var i = 1; i < tree.Count; i++) Assert.Equal(tree.IsStochastic[i], tree.LogProb[i] != 0);
    }

    [Fact]
    public void A_reward_that_is_not_finite_names_its_prompt_and_edge()
    {
        using var policy = new GaussianFlow(8);
        using var tree = TreeRollout.Grow(policy, Plans.Tree(3, [0]), ["a", "bad"], SeededNoise.For(1, 1));
        var error = Assert.Throws<NonFiniteException>(() => TreeRollout.Score(tree, (x, prompts) => [.. prompts.Select(p => p == "bad" ? double.NaN : 1)]));
        Assert.Contains("\"bad\"", error.Message);
        Assert.Equal(tree.FirstLeaf + 2, error.Edge);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(100)]
    public void A_reward_sees_all_leaves_of_a_prompt_together(int microBatch)
    {
        using var policy = new GaussianFlow(8);
        using var tree = TreeRollout.Grow(policy, Plans.Tree(4, [0, 2]), ["a", "b", "c"], SeededNoise.For(1, 1));
        var seen = new List<string>();
        TreeRollout.Score(tree, (x, prompts) =>
        {
            Assert.Equal(x.shape[0], prompts.Count);
            Assert.All(prompts.GroupBy(p => p), group => Assert.Equal(4, group.Count()));
            seen.AddRange(prompts.Distinct());
            return [.. prompts.Select(_ => 1.0)];
        }, microBatch);
        Assert.Equal(["a", "b", "c"], seen);
    }

    [Fact]
    public void Growing_and_freeing_a_tree_leaks_nothing()
    {
        using var policy = new GaussianFlow(8);
        var before = Plans.LiveTensors();
        for (var k = 0; k < 3; k++)
        {
            using var tree = TreeRollout.Grow(policy, Plans.Tree(5, [0, 2]), ["a", "b"], SeededNoise.For(1, 1), new() { KeepMeans = true, MicroBatch = 3 });
            TreeRollout.Score(tree, Plans.Near(1));
        }
        Assert.Equal(before, Tensor.TotalCount);
    }
}
