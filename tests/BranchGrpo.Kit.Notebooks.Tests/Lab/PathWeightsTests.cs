namespace BranchGrpo.Kit.Notebooks.Tests;

public class PathWeightsTests
{
    private static RolloutTree Tree() => Lab.Grow(
        new RolloutPlan(NoiseSchedule.Shifted(4), [new(true, 2), new(false), new(true, 2), new(true)], new Dynamics.DanceSde(0.5)),
        "large red circle top left");

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(100)]
    [InlineData(3072)]
    public void Log_densities_have_the_moments_of_chi_square(int elements)
    {
        using var tree = Tree();
        var draws = Enumerable.Range(1, 2000).Select(seed => PathWeights.LogProb(tree, elements, Reduction.Sum, (ulong)seed)).ToArray();
        Assert.All(draws, l => Assert.Equal(0, l[3]));                             // depth 2 is reached by an ODE step
        var squares = draws.SelectMany(l => l[5..9]).Select(l => -2 * l).ToArray();
        var mean = squares.Average();
        Assert.Equal(1, mean / elements, 0.06);
        Assert.Equal(1, squares.Average(s => (s - mean) * (s - mean)) / (2 * elements), 0.15);
    }

    [Fact]
    public void The_mean_over_elements_is_the_sum_divided()
    {
        using var tree = Tree();
        var (sum, mean) = (PathWeights.LogProb(tree, 50, Reduction.Sum), PathWeights.LogProb(tree, 50, Reduction.Mean));
        Assert.All(sum.Zip(mean), pair => Assert.Equal(pair.First / 50, pair.Second, 1e-12));
    }

    [Fact]
    public void Paths_add_their_edges()
    {
        using var tree = Tree();                                                   // nodes 0 | 1 2 | 3 4 | 5 6 7 8 | 9 10 11 12
        Assert.Equal([1 + 3 + 5 + 9.0, 1 + 3 + 6 + 10, 2 + 4 + 7 + 11, 2 + 4 + 8 + 12],
            PathWeights.PathSums(tree, [.. Enumerable.Range(0, tree.Count).Select(i => (double)i)]));
    }

    [Fact]
    public void Effective_leaves_go_from_all_to_one()
    {
        using var tree = Tree();
        Assert.Equal(4, PathWeights.EffectiveLeaves(tree, 3072, beta: 0, Reduction.Sum), 1e-9);
        Assert.Equal(4, PathWeights.EffectiveLeaves(tree, 3072, beta: 1, Reduction.Mean), 0.05);
        Assert.Equal(1, PathWeights.EffectiveLeaves(tree, 3072, beta: 1, Reduction.Sum), 0.05);
    }

    [Fact]
    public void The_table_has_a_row_per_run_of_depths()
    {
        using var tree = Tree();
        var table = PathWeights.EffectiveLeavesByDepth(tree,
            ("mean", new FusionRule.Mean()), ("sum", new FusionRule.PathProbability(1, Reduction.Sum)));
        Assert.Equal(["0", "1–2", "3–4"], Enumerable.Range(0, 3).Select(row => (string)table["depths"][row]));
        Assert.Equal([1, 2, 4], Enumerable.Range(0, 3).Select(row => (int)table["nodes at each"][row]));
        Assert.Equal([4.0, 2, 1], Enumerable.Range(0, 3).Select(row => (double)table["mean"][row]));
        Assert.All(Enumerable.Range(0, 3), row => Assert.InRange((double)table["sum"][row], 1, 1.5));
    }
}
