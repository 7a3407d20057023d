using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests;

public class RecipeTests
{
    public static TheoryData<string, Geometry> All
    {
        get
        {
            var data = new TheoryData<string, Geometry>();
            foreach (var geometry in Enum.GetValues<Geometry>())
                foreach (var recipe in Recipes.For(geometry)) data.Add(recipe.Name, geometry);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_cost_model_equals_the_counters_of_a_run(string name, Geometry geometry)
    {
        var recipe = Recipes.Find(name, geometry);
        using var policy = new GaussianFlow(6);
        using var training = new GrpoTraining(policy, recipe, seed: 5);
        string[] prompts = [.. Enumerable.Repeat("a", recipe.Prompts)];
        for (var i = 1; i <= 2; i++)
        {
            var (cost, metrics) = (CostModel.Of(recipe, i, 5), training.Iterate(prompts, Plans.Near(1)));
            Assert.Equal((cost.RolloutEvaluations, cost.TrainedEvaluations, cost.Leaves, cost.Edges, cost.Updates),
                (metrics.RolloutEvaluations, metrics.TrainedEvaluations, metrics.Leaves, metrics.Edges, metrics.Updates));
            using var tree = TreeRollout.Grow(policy, recipe.Plan.At(i, 5), prompts, SeededNoise.For(5, i));
            Assert.Equal(cost.PeakLatents, tree.Count + tree.Leaves.shape[0]);
            Assert.True(metrics.FirstRatioError <= policy.RatioTolerance);
            Assert.True(metrics.Depths.Sum(d => d.Edges) == metrics.Edges && metrics.GradNorm > 0 && metrics.RewardStd > 0);
        }
    }

    [Fact]
    public void Costs_of_the_paper_geometry_are_those_worked_by_hand()
    {
        // The last step is not trained (its noise is not seen): 16 of the 218 edges.
        var branch = CostModel.Of(Recipes.Find("BranchGRPO", Geometry.Paper));
        Assert.Equal((4 * 203, 4 * 187, 4 * 202, 4 * 218), ((int)branch.RolloutEvaluations, (int)branch.TrainedEvaluations, branch.Edges, branch.TreeEdges));
        var dance = CostModel.Of(Recipes.Find("dancegrpo", Geometry.Paper));
        Assert.Equal((20, 19, 19, 3), (dance.RolloutPerLeaf, dance.TrainedPerLeaf, dance.EdgesPerLeaf, dance.Updates));
        var final = Recipes.Find("BranchGRPO", Geometry.Paper);
        final = final with { Plan = final.Plan with { Scored = ScoredLatent.Final } };
        Assert.Equal((13.625, 4 * 203), (CostModel.Of(final).EdgesPerLeaf, (int)CostModel.Of(final).TrainedEvaluations));
        var split = CostModel.Of(Recipes.Find("BranchGRPO-Split", Geometry.Quick));
        Assert.Equal((16 * 15, 16 * 7, 128, 1), ((int)split.RolloutEvaluations, (int)split.TrainedEvaluations, split.Leaves, split.Updates));
    }

    [Fact]
    public void Names_are_unique_and_unknown_ones_are_answered_with_the_list()
    {
        Assert.Distinct(Recipes.For(Geometry.Quick).Select(r => r.Name));
        Assert.Contains("BranchGRPO-Mix", Assert.Throws<ArgumentException>(() => Recipes.Find("Branch", Geometry.Quick)).Message);
    }

    private static Recipe Small(string name) => Recipes.Find(name, Geometry.Quick) with { Prompts = 2, LearningRate = 0.05, EmaDecay = 0.9 };

    [Theory]
    [InlineData("DanceGRPO")]
    [InlineData("MixGRPO")]
    [InlineData("Flow-GRPO")]
    [InlineData("BranchGRPO")]
    [InlineData("BranchGRPO-WidPru")]
    [InlineData("BranchGRPO-DepPru")]
    [InlineData("BranchGRPO-Mix")]
    [InlineData("BranchGRPO-Split")]
    public void Every_method_finds_a_known_optimum(string name)
    {
        using var policy = new GaussianFlow(8, 0);
        using var training = new GrpoTraining(policy, Small(name) with { Objective = new() { ClipRange = 0.2 } }, seed: 3);
        for (var i = 0; i < 60; i++) training.Iterate(["a", "b"], Plans.Near(0.6));
        Assert.Equal(0.6, policy.Mean.mean().item<double>(), 0.12);
    }

    [Fact]
    public void A_saved_run_goes_on_bit_for_bit()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "state.safetensors");
        double[] Weights(int stopAt)
        {
            using var policy = new GaussianFlow(8);
            using var training = new GrpoTraining(policy, Small("BranchGRPO"), seed: 3);
            for (var i = 0; i < stopAt; i++) training.Iterate(["a", "b"], Plans.Near(1));
            if (stopAt < 6)
            {
                training.Save(path);
                using var other = new GaussianFlow(8, 9);
                using var resumed = new GrpoTraining(other, Small("BranchGRPO"), seed: 3);
                resumed.Load(path);
                Assert.Equal(stopAt, resumed.Iteration);
                for (var i = stopAt; i < 6; i++) resumed.Iterate(["a", "b"], Plans.Near(1));
                using (resumed.AveragedWeights()) return [.. other.Mean.data<double>()];
            }
            using (training.AveragedWeights()) return [.. policy.Mean.data<double>()];
        }
        Assert.Equal(Weights(6), Weights(4));
        using var wrong = new GaussianFlow(8);
        using var another = new GrpoTraining(wrong, Small("BranchGRPO"), seed: 4);
        Assert.Contains("seed", Assert.Throws<InvalidDataException>(() => another.Load(path)).Message);
        using var larger = new GaussianFlow(9);
        using var mismatched = new GrpoTraining(larger, Small("BranchGRPO"), seed: 3);
        Assert.Contains("another network", Assert.Throws<InvalidDataException>(() => mismatched.Load(path)).Message);
    }

    [Fact]
    public void The_same_seed_gives_the_same_run_whatever_the_micro_batch()
    {
        double Run(int microBatch)
        {
            using var policy = new GaussianFlow(8);
            using var training = new GrpoTraining(policy, Small("BranchGRPO-Mix"), seed: 3) { MicroBatch = microBatch };
            for (var i = 0; i < 3; i++) training.Iterate(["a", "b"], Plans.Near(1));
            return policy.Mean.sum().item<double>();
        }
        Assert.Equal(Run(64), Run(3), 10);
    }

    [Fact]
    public void A_policy_that_is_not_deterministic_is_found_out()
    {
        using var policy = new Restless(0.1);
        using var training = new GrpoTraining(policy, Small("BranchGRPO"), seed: 3);
        Assert.Contains("every ratio must be 1", Assert.Throws<InvalidOperationException>(() => training.Iterate(["a", "b"], Plans.Near(1))).Message);
    }

    [Theory]
    [InlineData(3e-7, 1, true)]       // ratios of 1 ± 0.94e-6
    [InlineData(3e-7, 4, true)]       // four times that, beside four times the noise
    [InlineData(3.5e-7, 1, false)]
    [InlineData(3.5e-7, 4, false)]
    public void Rounding_is_allowed_as_often_as_the_noise_beside_it_is_large(double step, double factor, bool passes)
    {
        var recipe = Small("BranchGRPO");
        using var policy = new Restless(step);
        using var training = new GrpoTraining(policy, recipe with { Plan = recipe.Plan with { Noise = new BranchNoise.Scaled(factor) } }, seed: 3);
        Assert.Equal(passes, Record.Exception(() => training.Iterate(["a", "b"], Plans.Near(1))) is null);
    }

    [Fact]
    public void Frozen_parameters_stay_and_iterations_leak_nothing()
    {
        using var policy = new GaussianFlow(8);
        using var training = new GrpoTraining(policy, Small("Flow-GRPO"), seed: 3);
        training.Iterate(["a", "b"], Plans.Near(1));
        var before = Plans.LiveTensors();
        for (var i = 0; i < 3; i++) training.Iterate(["a", "b"], Plans.Near(1));
        Assert.Equal(before, Tensor.TotalCount);
    }

    // Answers differently every time.
    private sealed class Restless(double step) : FlowPolicy
    {
        private readonly GaussianFlow inner = new(8);
        private int calls;

        public override nn.Module Network => inner.Network;

        public override IReadOnlyList<long> LatentShape => inner.LatentShape;

        public override Conditioning Encode(IReadOnlyList<string> prompts) => inner.Encode(prompts);

        public override Tensor Velocity(Tensor latents, double sigma, Conditioning conditioning) => inner.Velocity(latents, sigma, conditioning)
            + step * ++calls;

        public override FlowPolicy Clone() => inner.Clone();
    }
}
