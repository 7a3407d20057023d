using BranchGrpo.Kit.Tests;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks.Tests;

public class GradientProbeTests
{
    private static (RolloutTree Tree, TrainedEdge[] Edges) Rollout(GaussianFlow policy, ulong seed = 2)
    {
        var tree = TreeRollout.Grow(policy, Plans.Tree(4, [0, 1]), ["a", "b"], SeededNoise.For(seed, 1));
        TreeRollout.Score(tree, Plans.Near(1));
        var credited = CreditedTree.From(tree, new FusionRule.Mean(), new(Baseline.Depth, AdvantageScale.Depth));
        return (tree, [.. EdgeFilter.Trained(credited, tree.Plan, []).Select((e, k) => new TrainedEdge(e, credited.Advantage[e], 0.01 * (k + 1)))]);
    }

    private static double[] Numbers(Tensor vector) => vector.to(float64).data<double>().ToArray();

    [Fact]
    public void The_gradient_is_that_of_the_loss_by_finite_differences()
    {
        using var policy = new GaussianFlow(6, 0.2);
        var (tree, edges) = Rollout(policy);
        using var own = tree;
        var objective = new Objective { ClipRange = 0.5 };
        using var gradient = new GradientProbe(policy, objective).Of(tree, edges);
        for (var i = 0; i < 6; i++)
        {
            double Shifted(double by)
            {
                using (no_grad()) policy.Mean[i].add_(by);
                var loss = new GrpoUpdate(policy, objective).Accumulate(tree, edges).Sum(o => o.Loss);
                using (no_grad()) policy.Mean[i].sub_(by);
                return loss;
            }
            Assert.Equal((Shifted(1e-5) - Shifted(-1e-5)) / 2e-5, gradient[i].item<double>(), 6);
        }
    }

    [Fact]
    public void Depths_add_up_to_the_whole()
    {
        using var policy = new GaussianFlow(6, 0.2);
        var (tree, edges) = Rollout(policy);
        using var own = tree;
        var probe = new GradientProbe(policy, new(), microBatch: 3);
        using var whole = probe.Of(tree, edges);
        var depths = probe.ByDepth(tree, edges);
        Assert.Equal(edges.Select(e => tree.Depth[e.Child]).Distinct().Order(), depths.Keys);
        using var sum = depths.Values.Aggregate((a, b) => a + b);
        Assert.Equal(Numbers(whole), Numbers(sum), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(2 * edges.Select(e => tree.Parent[e.Child]).Distinct().Count(), probe.Evaluations);
        foreach (var vector in depths.Values) vector.Dispose();
    }

    [Fact]
    public void Weights_and_gradients_are_left_as_they_were()
    {
        using var policy = new GaussianFlow(4, 0.2);
        var (tree, edges) = Rollout(policy);
        using var own = tree;
        var probe = new GradientProbe(policy, new());
        policy.Mean.grad = full(4, 7.0, float64);
        policy.Mean.requires_grad = false;
        var weights = Numbers(policy.Mean);
        using var first = probe.Of(tree, edges);
        using var second = probe.Of(tree, edges);
        Assert.Equal(Numbers(first), Numbers(second));
        Assert.Equal(weights, Numbers(policy.Mean));
        Assert.Equal([7.0, 7, 7, 7], Numbers(policy.Mean.grad!));
        Assert.False(policy.Mean.requires_grad);
    }

    [Fact]
    public void A_policy_that_diverged_leaves_the_gradients_too()
    {
        using var policy = new GaussianFlow(4, 0.2);
        var (tree, edges) = Rollout(policy);
        using var own = tree;
        policy.Mean.grad = full(4, 7.0, float64);
        using (no_grad()) policy.Mean.fill_(double.NaN);
        Assert.Throws<NonFiniteException>(() => new GradientProbe(policy, new()).Of(tree, edges));
        Assert.Equal([7.0, 7, 7, 7], Numbers(policy.Mean.grad!));
    }

    [Fact]
    public void No_edges_give_zero_and_no_tensor_is_left_behind()
    {
        using var policy = new GaussianFlow(4, 0.2);
        var (tree, edges) = Rollout(policy);
        using var own = tree;
        var probe = new GradientProbe(policy, new());
        using (var none = probe.Of(tree, [])) Assert.Equal(new double[4], Numbers(none));
        using (var warm = probe.Of(tree, edges)) { }
        var before = Plans.LiveTensors();
        using (var again = probe.Of(tree, edges)) GradientProbe.Cosine(again, again);
        Assert.Equal(before, Plans.LiveTensors());
    }

    [Fact]
    public void A_tree_scored_in_another_reduction_is_refused()
    {
        using var policy = new GaussianFlow(4, 0.2);
        var (tree, edges) = Rollout(policy);
        using var own = tree;
        var sums = new GradientProbe(policy, new() { Reduction = Reduction.Sum });
        Assert.Contains("Mean", Assert.Throws<ArgumentException>(() => sums.Of(tree, edges)).Message);
    }

    [Fact]
    public void Cosine_knows_angles()
    {
        using Tensor a = tensor(new[] { 3f, 4 }), b = tensor(new[] { -4f, 3 }), c = tensor(new[] { -6f, -8 }), d = tensor(new[] { 3f, 0 });
        Assert.Equal(1, GradientProbe.Cosine(a, a), 12);
        Assert.Equal(0, GradientProbe.Cosine(a, b), 12);
        Assert.Equal(-1, GradientProbe.Cosine(a, c), 12);
        Assert.Equal(0.6, GradientProbe.Cosine(a, d), 12);
        using var zero = zeros(2);
        Assert.True(double.IsNaN(GradientProbe.Cosine(a, zero)));
    }

    [Fact]
    public void Statistics_equal_their_definitions()
    {
        double[][] draws = [[1, 2, -1], [3, 0, 1], [2, -2, 4], [0, 1, 1]];
        using var statistics = new GradientStatistics();
        foreach (var draw in draws)
        {
            using var gradient = tensor(draw);
            statistics.Add(gradient);
        }
        double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
        var pairs = from i in Enumerable.Range(0, 4) from j in Enumerable.Range(0, 4) where i != j select Dot(draws[i], draws[j]);
        var mean = Enumerable.Range(0, 3).Select(k => draws.Average(d => d[k])).ToArray();
        var variance = Enumerable.Range(0, 3).Sum(k => draws.Sum(d => Math.Pow(d[k] - mean[k], 2)) / 3);
        Assert.Equal(pairs.Average(), statistics.Signal, 12);
        Assert.Equal(variance, statistics.Variance, 12);
        Assert.Equal(pairs.Average() / variance, statistics.SignalToNoise, 12);
        using var found = statistics.Mean();
        Assert.Equal(mean, Numbers(found));
    }

    [Fact]
    public void One_gradient_has_no_variance_and_none_has_no_mean()
    {
        using var statistics = new GradientStatistics();
        Assert.Throws<InvalidOperationException>(() => statistics.Mean());
        using var gradient = ones(3);
        statistics.Add(gradient);
        Assert.True(double.IsNaN(statistics.Variance));
    }

    [Fact]
    public void More_trees_give_more_certain_gradients()
    {
        using var policy = new GaussianFlow(6, 0.2);
        var probe = new GradientProbe(policy, new());
        using var statistics = new GradientStatistics();
        for (ulong seed = 1; seed <= 200; seed++)
        {
            var (tree, edges) = Rollout(policy, seed);
            using var gradient = probe.Of(tree, edges);
            statistics.Add(gradient);
            tree.Dispose();
        }
        Assert.True(statistics.Signal > 0, $"signal {statistics.Signal}");
        using var mean = statistics.Mean();
        Assert.All(Numbers(mean), g => Assert.True(g < 0, "the target lies above the mean, so the loss falls as the mean grows"));
    }
}
