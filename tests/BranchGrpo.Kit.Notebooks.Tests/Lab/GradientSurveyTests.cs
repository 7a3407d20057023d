namespace BranchGrpo.Kit.Notebooks.Tests;

public class GradientSurveyTests
{
    private static readonly Recipe Branch = Recipes.Find("BranchGRPO", Geometry.Quick) with { Prompts = 1 };

    private static GradientSurvey Survey(params GradientVariant[] variants)
    {
        var trees = Lab.GrowMany(Branch, 2);
        var survey = GradientSurvey.Of(trees, variants);
        foreach (var tree in trees) tree.Dispose();
        return survey;
    }

    [Fact]
    public void Advantages_of_twice_the_size_and_other_sign_turn_the_gradient_about()
    {
        using var survey = Survey(GradientVariant.Of(Branch), GradientVariant.Of("turned", Branch, tree => [.. tree.Advantage.Select(a => -2 * a)]));
        Assert.All(survey[Branch.Name].Cosines, c => Assert.Equal(1, c, 9));
        Assert.All(survey["turned"].Cosines, c => Assert.Equal(-1, c, 6));
        Assert.Equal(4, survey["turned"].Whole.MeanSquaredNorm / survey[Branch.Name].Whole.MeanSquaredNorm, 4);
        Assert.Contains("turned", Assert.Throws<KeyNotFoundException>(() => survey["none"]).Message);
    }

    [Fact]
    public void A_window_drops_its_depths_and_leaves_the_others_as_they_were()
    {
        var window = new PruningRule.DepthWindow(8, 2);
        using var survey = Survey(
            GradientVariant.Of(Branch with { Weighting = EdgeWeighting.PerEdge }),
            GradientVariant.Of(Branch with { Name = "window", Pruning = [window] }));
        var (full, pruned) = (survey[Branch.Name], survey["window"]);
        Assert.Equal(Enumerable.Range(1, 9), full.Depths.Keys);
        Assert.Equal(Enumerable.Range(1, 7), pruned.Depths.Keys);
        Assert.Equal((76, 44), (full.Edges, pruned.Edges));
        Assert.Equal(CostModel.Of(Branch).TrainedEvaluations, full.Evaluations);
        Assert.Equal(76 * 76 / 44.0 / 44, pruned.Depths[3].MeanSquaredNorm / full.Depths[3].MeanSquaredNorm, 4);     // weights 1/44 for 1/76
        Assert.All(pruned.Cosines, c => Assert.InRange(c, 0.01, 0.99));
        Assert.Equal(1, full.LengthShares.Sum(), 9);
        Assert.Equal(full.Depths[4].MeanSquaredNorm / full.Depths[2].MeanSquaredNorm, full.LengthShares[3] / full.LengthShares[1], 9);
        Assert.Equal(Math.Sqrt(full.Depths[9].Variance), full.Deviations[8], 12);
    }

    [Fact]
    public void Trees_are_those_that_a_run_trains_on()
    {
        using var policy = Lab.Task.CreatePolicy();
        using var training = new GrpoTraining(policy, Branch, 3);
        var metrics = training.Iterate(new Experiment { Task = Lab.Task, Recipe = Branch, Seed = 3 }.PromptsOf(0), Lab.Task.Reward);
        using var tree = Lab.Grow(Branch, 3);
        Assert.Equal(metrics.RewardMean, tree.Rewards.Average(), 12);
        Assert.Equal(metrics.Depths[4].RewardMean, tree.Credit(Branch).Value[tree.LevelStart(5)..tree.LevelStart(6)].Average(), 12);
    }

    [Fact]
    public void Loudness_is_the_root_mean_square_of_a_depth()
    {
        var forests = Lab.GrowMany(Branch, 2);
        var loudness = forests.Loudness(Branch);
        Assert.Equal(10, loudness.Length);
        foreach (var (depth, nodes) in new[] { (1, 2), (3, 4), (5, 8), (7, 16) })
            Assert.Equal(Math.Sqrt((nodes - 1.0) / nodes), loudness[depth - 1], 3);              // what a sample deviation leaves
        var bare = forests.Loudness(Branch with { Advantage = new(Baseline.Group, AdvantageScale.None) });
        var first = forests.SelectMany(f => f.Credit(Branch).Value[1..3].Select(v => v - f.Rewards.Average()));
        Assert.Equal(Math.Sqrt(first.Average(a => a * a)), bare[0], 9);
        foreach (var forest in forests) forest.Dispose();
    }

    [Fact]
    public void Variance_is_created_where_trees_split()
    {
        var star = Branch with { Plan = Branch.Plan with { Splits = new SplitRule.Fixed(8, 1), Noise = new BranchNoise.Independent() } };
        var created = Lab.CreatedVariance(star, 2);
        Assert.Equal(10, created.Count);
        var rewards = Enumerable.Range(1, 2).Select(seed =>
        {
            using var tree = Lab.Grow(star, (ulong)seed);
            return tree.Rewards.Sum(r => Math.Pow(r - tree.Rewards.Average(), 2)) / 7;
        });
        Assert.Equal(rewards.Average(), created[1].Mean, 12);
        Assert.All(created.Where((_, step) => step != 1), s => Assert.Equal(0, s.Mean));
    }
}
