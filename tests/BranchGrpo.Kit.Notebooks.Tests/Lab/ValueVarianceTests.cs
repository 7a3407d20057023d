using BranchGrpo.Kit.Tests;

namespace BranchGrpo.Kit.Notebooks.Tests;

public class ValueVarianceTests
{
    [Fact]
    public void A_tree_worked_by_hand()
    {
        // Leaves 1 3 | 6 10: siblings vary by 2 and 8 at the lower split, values 2 and 8 by 18 at the upper one.
        var tree = Plans.Credited(Plans.Tree(3, [0, 2]), reward: i => new[] { 1.0, 3, 6, 10 }[i]);
        Assert.Equal([18 - 5.0 / 2, 0, 5], ValueVariance.Created(tree));
        var (plan, rule) = (Plans.Tree(3, [0, 2]), new AdvantageRule(Baseline.Depth, AdvantageScale.Depth));
        Assert.Equal(tree.Advantage, CreditedTree.From(plan, [1.0, 3, 6, 10], rule).Advantage);
        Assert.Contains("4 leaves", Assert.Throws<ArgumentException>(() => CreditedTree.From(plan, [1.0], rule)).Message);
    }

    [Fact]
    public void Each_split_gets_the_variance_of_its_own_noise()
    {
        double[] deviation = [3, 1, 0.5];
        var random = new Random(5);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        var plan = Plans.Tree(3, [0, 1, 2], 3);
        var mean = new double[3];
        const int Trees = 4000;
        for (var t = 0; t < Trees; t++)
        {
            double[] Level(double std, int nodes) => [.. Enumerable.Range(0, nodes).Select(_ => std * Normal())];
            double[][] noise = [Level(deviation[0], 3), Level(deviation[1], 9), Level(deviation[2], 27)];
            var created = ValueVariance.Created(Plans.Credited(plan, reward: leaf => noise[0][leaf / 9] + noise[1][leaf / 3] + noise[2][leaf]));
            for (var i = 0; i < 3; i++) mean[i] += created[i] / Trees;
        }
        Assert.Equal(9, mean[0], 0.5);
        Assert.Equal(1, mean[1], 0.05);
        Assert.Equal(0.25, mean[2], 0.01);
    }

    [Fact]
    public void Chains_have_no_split_and_irregular_trees_are_refused()
    {
        Assert.Equal(new double[3], ValueVariance.Created(Plans.Credited(Plans.Tree(3, []))));
        int[] parent = [-1, 0, 0, 1, 1, 2], depth = [0, 1, 1, 2, 2, 2];
        var irregular = Plans.Credited(Plans.Tree(2, [0])) with { Parent = parent, Depth = depth, Value = [1, 1, 1, 1, 1, 1] };
        Assert.Contains("balanced", Assert.Throws<ArgumentException>(() => ValueVariance.Created(irregular)).Message);
    }
}
