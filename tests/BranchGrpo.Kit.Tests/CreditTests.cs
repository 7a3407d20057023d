using CsCheck;

namespace BranchGrpo.Kit.Tests;

public class CreditTests
{
    // root → a, b; a → leaves 3, 4; b → leaf 5 and an inner node 6 → leaf 7.
    private static readonly int[] Parent = [-1, 0, 0, 1, 1, 2, 2, 6];
    private static readonly double[] Reward = [1, 3, -2, 4];                                      // leaves 3, 4, 5, 7
    private static readonly double[] LogProb = [0, 0.2, -0.3, 0.5, -0.5, 1, -1, 0.25];

    [Fact]
    public void Mean_fusion_by_hand() => Assert.Equal([1.5, 2, 1, 1, 3, -2, 4, 4], RewardFusion.Mean(Parent, Reward));

    [Fact]
    public void Path_fusion_by_hand()
    {
        var (value, effective) = RewardFusion.PathProbability(Parent, LogProb, Reward, beta: 2);
        double[] weights = [Math.Exp(2 * 0.7), Math.Exp(2 * -0.3), Math.Exp(2 * 0.7), Math.Exp(2 * -1.05)];
        var sum = weights.Sum();
        Assert.Equal(weights.Zip(Reward, (w, r) => w * r).Sum() / sum, value[0], 12);
        Assert.Equal(sum * sum / weights.Sum(w => w * w), effective[0], 12);
        Assert.Equal((Math.Exp(1) + 3 * Math.Exp(-1)) / (Math.Exp(1) + Math.Exp(-1)), value[1], 12);
        Assert.Equal((4.0, 1.0), (value[6], effective[6]));
    }

    [Fact]
    public void Published_softmax_by_hand()
    {
        var value = RewardFusion.PublishedEdgeSoftmax(Parent, LogProb, Reward);
        double Soft(double a, double va, double b, double vb) => (Math.Exp(a) * va + Math.Exp(b) * vb) / (Math.Exp(a) + Math.Exp(b));
        var (left, right) = (Soft(0.5, 1, -0.5, 3), Soft(1, -2, -1, 4));
        Assert.Equal([left, right, Soft(0.2, left, -0.3, right)], new[] { value[1], value[2], value[0] }, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void Fusion_commutes_with_shift_and_scale() => Plans.Irregular.Sample((parent, logProb, reward) =>
    {
        foreach (var beta in new[] { 0.0, 0.25, 1 })
        {
            var a = RewardFusion.PathProbability(parent, logProb, reward.Select(r => 3 * r - 7).ToArray(), beta).Value;
            var b = RewardFusion.PathProbability(parent, logProb, reward, beta).Value.Select(r => 3 * r - 7);
            if (!a.Zip(b).All(p => Math.Abs(p.First - p.Second) < 1e-9)) return false;
        }
        return true;
    });

    [Fact]
    public void Fusion_equals_its_definition_over_paths() => Plans.Irregular.Sample((parent, logProb, reward) =>
    {
        var leaves = Enumerable.Range(0, parent.Length).Where(i => !parent.Contains(i)).ToArray();
        var (value, effective) = RewardFusion.PathProbability(parent, logProb, reward, beta: 0.5);
        for (var n = 0; n < parent.Length; n++)
        {
            var terms = new List<(double Weight, double Reward)>();
            for (var l = 0; l < leaves.Length; l++)
            {
                var (node, path) = (leaves[l], 0.0);
                for (; node > n; node = parent[node]) path += logProb[node];
                if (node == n) terms.Add((Math.Exp(0.5 * path), reward[l]));
            }
            var sum = terms.Sum(t => t.Weight);
            if (Math.Abs(value[n] - terms.Sum(t => t.Weight * t.Reward) / sum) > 1e-9) return false;
            if (Math.Abs(effective[n] - sum * sum / terms.Sum(t => t.Weight * t.Weight)) > 1e-9 * effective[n]) return false;
        }
        return true;
    });

    [Fact]
    public void No_beta_is_the_mean_and_values_stay_between_the_rewards() => Plans.Irregular.Sample((parent, logProb, reward) =>
    {
        var mean = RewardFusion.Mean(parent, reward);
        var (value, effective) = RewardFusion.PathProbability(parent, logProb, reward, beta: 0);
        var tempered = RewardFusion.PathProbability(parent, logProb, reward, beta: 1);
        return mean.Zip(value).All(p => Math.Abs(p.First - p.Second) < 1e-9)
            && tempered.Value.Concat(RewardFusion.PublishedEdgeSoftmax(parent, logProb, reward)).All(v => v >= reward.Min() - 1e-9 && v <= reward.Max() + 1e-9)
            && tempered.EffectiveSampleSize.Zip(effective).All(p => p.First >= 1 - 1e-9 && p.First <= p.Second + 1e-9);
    });

    [Fact]
    public void Summed_log_densities_make_one_leaf_carry_everything()
    {
        var (value, effective) = RewardFusion.PathProbability([-1, 0, 0], [0, 900, 100], [5, -5], beta: 1);
        Assert.Equal((5, 1), (value[0], effective[0]));
    }

    [Fact]
    public void Malformed_trees_are_refused()
    {
        Assert.Contains("Parents stand before", Assert.Throws<ArgumentException>(() => RewardFusion.Mean([-1, 1], [1])).Message);
        Assert.Contains("2 leaves, but 1", Assert.Throws<ArgumentException>(() => RewardFusion.Mean([-1, 0, 0], [1])).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => RewardFusion.PathProbability([-1], [0], [1], -1));
    }

    [Fact]
    public void On_a_star_depth_wise_and_group_advantages_are_equal()
    {
        // One level of branches, then chains: every depth holds the same 16 values.
        var plan = Plans.Tree(6, [0], 16);
        var depth = Plans.Credited(plan, 3, rule: new(Baseline.Depth, AdvantageScale.Depth));
        var group = Plans.Credited(plan, 3, rule: new(Baseline.Group, AdvantageScale.Group));
        var siblings = Plans.Credited(plan, 3, rule: new(Baseline.Siblings, AdvantageScale.Group));
        Assert.Equal(group.Advantage, depth.Advantage, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(group.Advantage, siblings.Advantage, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Contains(group.Advantage, a => Math.Abs(a) > 1);
    }

    [Fact]
    public void Depth_wise_advantages_have_mean_zero_and_unit_spread()
    {
        var tree = Plans.Credited(Plans.Tree(20, Plans.Dense), 2, rule: new(Baseline.Depth, AdvantageScale.Depth) { Clip = double.PositiveInfinity });
        foreach (var level in Enumerable.Range(0, tree.Parent.Length).Where(i => tree.Depth[i] > 0).GroupBy(i => (tree.Prompt[i], tree.Depth[i]),
            i => tree.Advantage[i]))
        {
            Assert.Equal(0, level.Average(), 10);
            Assert.Equal(1, Math.Sqrt(level.Sum(a => a * a) / (level.Count() - 1)), 6);
        }
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(1000)]
    public void Two_nodes_keep_only_the_sign(double gap)
    {
        var tree = Plans.Credited(Plans.Tree(2, [0]), 1, i => i * gap);
        Assert.Equal([0, -Math.Sqrt(0.5), Math.Sqrt(0.5), -Math.Sqrt(0.5), Math.Sqrt(0.5)], tree.Advantage, (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void Siblings_measure_a_choice_against_its_alternatives()
    {
        // Leaves 1 2 | 3 6: at depth 2 siblings differ by 1 and 3, at depth 1 by 3.
        var tree = Plans.Credited(Plans.Tree(3, [0, 1]), 1, i => new double[] { 1, 2, 3, 6 }[i], new(Baseline.Siblings, AdvantageScale.None));
        Assert.Equal([0, -1.5, 1.5, -0.5, 0.5, -1.5, 1.5, -0.5, 0.5, -1.5, 1.5], tree.Advantage, (a, b) => Math.Abs(a - b) < 1e-9);
    }

    [Fact]
    public void Scales_differ_as_named()
    {
        // Two prompts of two leaves: gaps 2 and 6, sample deviations √2 and √18, pooled √10, of all four √8.
        double[] Of(AdvantageScale scale, Deviation deviation = Deviation.Sample) =>
            Plans.Credited(Plans.Tree(1, [0]), 2, i => new double[] { 0, 2, 0, 6 }[i], new(Baseline.Group, scale) { Deviation = deviation }).Advantage[2..];
        Assert.Equal([-1 / Math.Sqrt(10), 1 / Math.Sqrt(10), -3 / Math.Sqrt(10), 3 / Math.Sqrt(10)], Of(AdvantageScale.Pooled), (a, b) =>
            Math.Abs(a - b) < 1e-7);
        Assert.Equal([-1 / Math.Sqrt(8), 1 / Math.Sqrt(8), -3 / Math.Sqrt(8), 3 / Math.Sqrt(8)], Of(AdvantageScale.Global), (a, b) => Math.Abs(a - b) < 1e-7);
        Assert.Equal([-1, 1, -3, 3], Of(AdvantageScale.None), (a, b) => Math.Abs(a - b) < 1e-7);
        Assert.Equal([-1, 1, -1, 1], Of(AdvantageScale.Group, Deviation.Population), (a, b) => Math.Abs(a - b) < 1e-7);
    }

    [Fact]
    public void Degenerate_groups_get_zero_and_large_advantages_are_clipped()
    {
        Assert.All(Plans.Credited(Plans.Tree(4, [0, 1]), 1, _ => 3).Advantage, a => Assert.Equal(0, a));
        var outlier = Plans.Credited(Plans.Tree(1, [0], 64), 1, i => i == 7 ? 1 : 0);
        Assert.Equal(5, outlier.Advantage.Max());
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdvantageRule(Baseline.Depth, AdvantageScale.Depth) { Clip = 0 });
    }

    [Theory]
    [InlineData(Reduction.Mean, 1.0)]
    [InlineData(Reduction.Sum, 16.0)]
    public void Beta_multiplies_the_reduction_it_names(Reduction reduction, double factor)
    {
        using var policy = new GaussianFlow(16);
        using var tree = TreeRollout.Grow(policy, Plans.Tree(3, [0, 1]), ["a"], SeededNoise.For(4, 1));
        TreeRollout.Score(tree, Plans.Near(1));
        var expected = RewardFusion.PathProbability(tree.Parent, Array.ConvertAll(tree.LogProb, l => l * factor), tree.Rewards, 1).Value;
        Assert.Equal(expected, new FusionRule.PathProbability(1, reduction).Apply(tree).Value, (a, b) => Math.Abs(a - b) < 1e-9);
    }
}
