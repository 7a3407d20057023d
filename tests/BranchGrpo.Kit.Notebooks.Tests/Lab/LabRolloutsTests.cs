using BranchGrpo.Kit.Shapes;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks.Tests;

public class LabRolloutsTests
{
    private const string Prompt = "large red circle top left";

    private static RolloutPlan Plan(BranchNoise? noise = null) => new(NoiseSchedule.Shifted(3), [new(true), new(true, 4), new(true)],
        new Dynamics.DanceSde(0.5), noise: noise);

    [Fact]
    public void Independent_leaves_come_from_as_many_trees_each_in_turn()
    {
        using var pictures = Lab.IndependentLeaves(Plan(), Prompt, 6, seed: 3);
        using var trees = TreeRollout.Grow(Lab.BasePolicy, Plan(), [.. Enumerable.Repeat(Prompt, 6)], SeededNoise.For(3, 0));
        using var all = ShapesSize.Cpu.ToPictures(trees.Leaves);
        Assert.Equal([6L, 3, 32, 32], pictures.shape);
        for (var i = 0; i < 6; i++)
            Assert.True(pictures[i].allclose(all[(i * 4) + (i % 4)], atol: 1e-4));
    }

    [Theory]
    [InlineData(1.0, 0.5)]
    [InlineData(2.0, 0.2)]
    public void Noise_read_off_a_split_is_the_papers(double strength, double correlation)
    {
        using var tree = Lab.Grow(Plan(new BranchNoise.Correlated(strength)), Prompt);
        var noise = SplitNoise.Of(tree, 1);
        Assert.Equal(0, noise.Mean, 0.03);
        Assert.Equal(1, noise.Variance, 0.04);
        Assert.Equal(correlation, noise.SiblingCorrelation, 0.04);
        Assert.Equal(1, noise.Density.Sum() * 0.25, 1e-9);
        Assert.All(noise.Normal.Zip(noise.Density), pair => Assert.Equal(pair.First, pair.Second, 0.03));
    }

    [Fact]
    public void Scaled_and_mirrored_noise_show_what_they_are()
    {
        using var scaled = Lab.Grow(Plan(new BranchNoise.Scaled(4)), Prompt);
        using var mirrored = Lab.Grow(Plan(new BranchNoise.Mirrored()), Prompt);
        Assert.Equal(16, SplitNoise.Of(scaled, 1).Variance, 0.5);
        Assert.Equal(1, SplitNoise.Of(scaled, 2).Variance, 0.04);                  // outside splits the noise is plain
        Assert.Equal(-1.0 / 3, SplitNoise.Of(mirrored, 1).SiblingCorrelation, 0.03);    // two pairs: one of three is the image
    }

    [Fact]
    public void A_step_without_means_is_refused()
    {
        using var tree = TreeRollout.Grow(Lab.BasePolicy, Plan(), [Prompt], SeededNoise.For(1, 1));
        Assert.Throws<ArgumentException>(() => SplitNoise.Of(tree, 1));
    }

    [Fact]
    public void Trees_with_a_shared_trunk_part_below_it()
    {
        using var tree = Lab.Grow(Plan(), [Prompt, Prompt, Prompt], noise: SharedTrunk.To(depth: 1, trunk: 5, seed: 6));
        for (var depth = 0; depth <= 1; depth++)
            for (var other = 1; other < 3; other++) Assert.True(tree.Level(depth)[0].allclose(tree.Level(depth)[other], atol: 1e-4));
        Assert.False(tree.Level(2)[0].allclose(tree.Level(2)[4], atol: 1e-2));
        Assert.False(tree.Level(2)[0].allclose(tree.Level(2)[1], atol: 1e-2));

        // The siblings' shared noise belongs to the split, not to the trunk.
        using var almostEqual = Lab.Grow(Plan(new BranchNoise.Correlated(1e-3)), [Prompt, Prompt], noise: SharedTrunk.To(1, 5, 6));
        Assert.True(almostEqual.Level(2)[0].allclose(almostEqual.Level(2)[1], atol: 1e-1));
        Assert.False(almostEqual.Level(2)[0].allclose(almostEqual.Level(2)[4], atol: 1e-1));
    }

    [Fact]
    public void Timings_count_what_was_grown()
    {
        var chain = new RolloutPlan(NoiseSchedule.Shifted(3), [new(true), new(true), new(true)], new Dynamics.DanceSde(0.5), new(4));
        var timings = RolloutTiming.Measure([Prompt, Prompt], repeats: 2, ("chains", chain), ("tree", Plan()));
        Assert.Equal([("chains", 8, 24L), ("tree", 8, 2 * (1 + 1 + 4))], timings.Select(t => (t.Name, t.Leaves, t.Evaluations)));
        Assert.Equal(1.5, timings[1].PerLeaf);
        Assert.All(timings, t => Assert.True(t.Seconds > 0));
    }

    [Fact]
    public void Scores_come_with_the_tree()
    {
        using var tree = Lab.Grow(Plan(), Prompt);
        Assert.Equal(Lab.Task.Reward(tree.Leaves, [.. Enumerable.Repeat(Prompt, 4)]), tree.Rewards);
        Assert.Equal(Reduction.Sum, tree.Reduction);
    }
}
