using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests;

public class TrainingTests
{
    [Theory]
    [InlineData(1.5, 2.0)]      // ratio above 1 + ε, gain: clipped
    [InlineData(1.5, -2.0)]     // above, loss: not clipped
    [InlineData(0.5, 2.0)]      // below 1 − ε, gain: not clipped
    [InlineData(0.5, -2.0)]     // below, loss: clipped
    [InlineData(1.1, 2.0)]      // inside
    public void Clipped_loss_takes_the_pessimistic_side(double ratio, double advantage)
    {
        using var logRatio = tensor(new[] { Math.Log(ratio) }, requires_grad: true);
        using var loss = GrpoLoss.Clipped(logRatio, tensor(new[] { advantage }), 0.2);
        Assert.Equal(Math.Max(-ratio * advantage, -Math.Clamp(ratio, 0.8, 1.2) * advantage), loss.item<double>(), 12);
        loss.sum().backward();
        var moves = (ratio, advantage) is not (1.5, 2.0) and not (0.5, -2.0);
        Assert.Equal(moves ? -ratio * advantage : 0, logRatio.grad!.item<double>(), 12);
    }

    [Fact]
    public void Clipped_loss_leaves_nothing_alive_but_its_result()
    {
        using Tensor l = randn(8), a = randn(8);
        var statistics = TorchSharp.DisposeScopeManager.Statistics;
        var before = statistics.ThreadTotalLiveCount;
        using (GrpoLoss.Clipped(l, a, 0.2)) Assert.Equal(before + 1, statistics.ThreadTotalLiveCount);
        Assert.Equal(before, statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Kl_is_the_divergence_of_two_gaussians()
    {
        using var a = tensor(new[,] { { 1.0, 2 }, { 0, 0 } });
        using var b = tensor(new[,] { { 0.0, 0 }, { 0, 0 } });
        Assert.Equal([10, 0], GrpoLoss.Kl(a, b, 0.5, Reduction.Sum).data<double>().ToArray());
        Assert.Equal([5, 0], GrpoLoss.Kl(a, b, 0.5, Reduction.Mean).data<double>().ToArray());
    }

    private static (RolloutTree Tree, TrainedEdge[] Edges) Rollout(GaussianFlow policy, RolloutPlan plan, RolloutOptions? options = null)
    {
        var tree = TreeRollout.Grow(policy, plan, ["a", "b"], SeededNoise.For(2, 1), options);
        TreeRollout.Score(tree, Plans.Near(1));
        var credited = CreditedTree.From(tree, new FusionRule.Mean(), new(Baseline.Depth, AdvantageScale.Depth));
        var edges = EdgeFilter.Trained(credited, plan, []);
        return (tree, [.. edges.Select((e, k) => new TrainedEdge(e, credited.Advantage[e], 0.01 * (k + 1)))]);
    }

    private static double[] Gradient(GaussianFlow policy, Action accumulate)
    {
        using var scope = NewDisposeScope();
        policy.Mean.grad = null;
        accumulate();
        return policy.Mean.grad!.data<double>().ToArray();
    }

    [Theory]
    [InlineData("DanceGRPO", 3)]
    [InlineData("BranchGRPO", 3)]
    [InlineData("BranchGRPO", 64)]
    [InlineData("BranchGRPO-WidPru", 64)]
    [InlineData("BranchGRPO-Split", 64)]
    public void Going_backward_through_the_rollout_changes_nothing_but_the_number_of_forward_passes(string name, int microBatch)
    {
        var recipe = Recipes.Find(name, Geometry.Quick) with { Prompts = 2 };
        (double[] Weights, long Evaluated, double Error) Train(long memory)
        {
            using var policy = new GaussianFlow(12, 0.2);
            using var training = new GrpoTraining(policy, recipe, seed: 5) { MicroBatch = microBatch, ForwardMemory = memory };
            var error = Enumerable.Range(0, 3).Max(_ => training.Iterate(["a", "b"], Plans.Near(1)).FirstRatioError);
            return (policy.Mean.data<double>().ToArray(), policy.Evaluated, error);
        }
        var (without, with, some) = (Train(0), Train(long.MaxValue), Train(8));
        Assert.Equal(without.Weights, with.Weights);
        Assert.Equal(without.Weights, some.Weights);
        Assert.InRange(with.Error, 0, 1e-12);
        var shared = Enumerable.Range(1, 3).Sum(i => CostModel.Of(recipe, i, 5).SharedForwards);
        Assert.Equal(without.Evaluated - shared, with.Evaluated);
        Assert.InRange(some.Evaluated, with.Evaluated, without.Evaluated);
        Assert.True(shared > 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(64)]
    public void Siblings_that_share_a_forward_pass_give_the_gradient_of_single_edges(int microBatch)
    {
        using var policy = new GaussianFlow(12, 0.2);
        var (tree, edges) = Rollout(policy, Plans.Tree(6, [0, 2, 3], 3));
        using var own = tree;
        var single = Gradient(policy, () => { foreach (var edge in edges) new GrpoUpdate(policy, new()).Accumulate(tree, [edge]); });
        var update = new GrpoUpdate(policy, new(), microBatch: microBatch);
        EdgeOutcome[] outcomes = [];
        var batched = Gradient(policy, () => outcomes = update.Accumulate(tree, edges));
        Assert.Equal(single, batched, (a, b) => Math.Abs(a - b) <= 1e-9 * single.Max(Math.Abs));
        Assert.Equal(edges.Select(e => e.Child), outcomes.Select(o => o.Child));
        Assert.Equal(edges.Select(e => tree.Parent[e.Child]).Distinct().Count(), update.Evaluations);
        Assert.All(outcomes, o => Assert.Equal(1, o.Ratio, 10));
    }

    [Theory]
    [InlineData(RatioKind.Plain, 0)]
    [InlineData(RatioKind.Guarded, 0.3)]
    public void Steps_of_different_noise_levels_share_a_call_unless_they_are_as_grown(RatioKind kind, double kl)
    {
        using var policy = new GaussianFlow(12, 0.2);
        using var reference = (GaussianFlow)policy.Clone();
        using (no_grad()) reference.Mean.add_(0.1);
        var objective = new Objective { Ratio = kind, KlCoefficient = kl };
        var (tree, edges) = Rollout(policy, Plans.Tree(6, [0, 2, 3], 3), new() { KeepMeans = true });
        using var own = tree;
        using (no_grad()) policy.Mean.add_(0.01);
        EdgeOutcome[] apart = [], together = [];
        var expected = Gradient(policy, () =>
            apart = [.. edges.GroupBy(e => tree.Depth[e.Child]).SelectMany(step => new GrpoUpdate(policy, objective, reference).Accumulate(tree, [.. step]))]);
        var update = new GrpoUpdate(policy, objective, reference, microBatch: 50);
        var before = policy.Calls;
        update.Accumulate(tree, edges, asGrown: true);
        Assert.Equal(Enumerable.Range(0, 6).Sum(s => (tree.LevelCount(s) + 49) / 50), policy.Calls - before);
        before = policy.Calls;
        var gradient = Gradient(policy, () => together = update.Accumulate(tree, edges));
        Assert.Equal((Enumerable.Range(0, 6).Sum(tree.LevelCount) + 49) / 50, policy.Calls - before);
        Assert.Equal(expected, gradient, (a, b) => Math.Abs(a - b) <= 1e-9 * expected.Max(Math.Abs));
        Assert.All(apart.OrderBy(o => o.Child).Zip(together.OrderBy(o => o.Child)), pair =>
        {
            Assert.Equal(pair.First.LogRatio, pair.Second.LogRatio, 12);
            Assert.Equal(pair.First.Kl, pair.Second.Kl, 12);
        });
    }

    [Theory]
    [InlineData(RatioKind.Plain)]
    [InlineData(RatioKind.Guarded)]
    public void Gradients_match_finite_differences(RatioKind kind)
    {
        using var policy = new GaussianFlow(6, 0.2);
        var objective = new Objective { Ratio = kind, ClipRange = 0.5, KlCoefficient = 0.3 };
        using var reference = (GaussianFlow)policy.Clone();
        using (no_grad()) reference.Mean.add_(0.4);
        var (tree, edges) = Rollout(policy, Plans.Tree(4, [0, 1]), new() { KeepMeans = true });
        using var own = tree;
        using (no_grad()) policy.Mean.add_(0.01);
        double Loss() => new GrpoUpdate(policy, objective, reference).Accumulate(tree, edges).Sum(o => o.Loss);
        var gradient = Gradient(policy, () => Loss());
        for (var i = 0; i < 6; i++)
        {
            double Shifted(double by)
            {
                using (no_grad()) policy.Mean[i].add_(by);
                var loss = Loss();
                using (no_grad()) policy.Mean[i].sub_(by);
                return loss;
            }
            Assert.Equal((Shifted(1e-5) - Shifted(-1e-5)) / 2e-5, gradient[i], 6);
        }
    }

    [Fact]
    public void The_guarded_ratio_is_the_noise_times_the_drift_of_the_mean()
    {
        using var policy = new GaussianFlow(6, 0.2);
        var (tree, edges) = Rollout(policy, Plans.Tree(3, [0]), new() { KeepMeans = true });
        using var own = tree;
        using (no_grad()) policy.Mean.add_(0.05);
        var outcome = new GrpoUpdate(policy, new() { Ratio = RatioKind.Guarded }).Accumulate(tree, [edges[0]])[0];
        var std = tree.Plan.Coefficients(0).Std;
        var (c, (_, offset)) = (tree.Plan.Coefficients(0), GaussianFlow.Affine(1));
        var noise = (tree.Level(1)[edges[0].Child - tree.LevelStart(1)] - tree.Means[0]![0]) / std;
        Assert.Equal((noise * (c.Velocity * offset * 0.05)).mean().item<double>(), outcome.LogRatio, 10);
    }

    [Fact]
    public void Missing_references_and_diverged_policies_are_named()
    {
        using var policy = new GaussianFlow(6);
        Assert.Contains("reference", Assert.Throws<ArgumentException>(() => new GrpoUpdate(policy, new() { KlCoefficient = 1 })).Message);
        var (tree, edges) = Rollout(policy, Plans.Tree(3, [0]));
        using var own = tree;
        using (no_grad()) policy.Mean.fill_(double.NaN);
        Assert.Contains("edge into node", Assert.Throws<NonFiniteException>(() => new GrpoUpdate(policy, new()).Accumulate(tree, edges)).Message);
    }

    [Fact]
    public void Fused_adamw_equals_the_textbook()
    {
        using var policy = new GaussianFlow(4, 1);
        using var adam = new AdamW(policy.TrainedParameters(), new() { LearningRate = 0.1, WeightDecay = 0.01 });
        var (w, m, v) = (new[] { 1.0, 1, 1, 1 }, new double[4], new double[4]);
        for (var t = 1; t <= 5; t++)
        {
            double[] g = [0.5, -1, 0.25 * t, 1e-3];
            policy.Mean.grad = tensor(g);
            adam.Step();
            for (var i = 0; i < 4; i++)
            {
                w[i] *= 1 - 0.1 * 0.01;
                m[i] = 0.9 * m[i] + 0.1 * g[i];
                v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
                w[i] -= 0.1 * (m[i] / (1 - Math.Pow(0.9, t))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.999, t))) + 1e-8);
            }
        }
        Assert.Equal(w, policy.Mean.data<double>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-12);
        policy.Mean.grad = tensor(new[] { 3.0, 4, 0, 0 });
        Assert.Equal(5, adam.ClipGradients(1), 6);
        Assert.Equal(0.6, policy.Mean.grad![0].item<double>(), 5);
    }

    [Fact]
    public void The_average_follows_and_swaps_back()
    {
        using var policy = new GaussianFlow(2, 0);
        using var average = new WeightAverage(policy.TrainedParameters(), 0.9);
        using (no_grad()) policy.Mean.fill_(1);
        average.Update();
        using (average.Use()) Assert.Equal(0.1, policy.Mean[0].item<double>(), 12);
        Assert.Equal(1, policy.Mean[0].item<double>());
        using (average.Use()) Assert.Equal(0.1, policy.Mean[0].item<double>(), 12);
    }
}
