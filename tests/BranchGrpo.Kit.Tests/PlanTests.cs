namespace BranchGrpo.Kit.Tests;

public class PlanTests
{
    private static readonly Dynamics Sde = new Dynamics.DanceSde(0.5);

    [Fact]
    public void Contradictions_are_refused_with_the_way_out()
    {
        var schedule = NoiseSchedule.Shifted(3);
        void Refused(string says, Func<object> make) => Assert.Contains(says, Assert.ThrowsAny<ArgumentException>(make).Message);
        Refused("3 steps, but 2", () => new RolloutPlan(schedule, [new(true), new(true)], Sde));
        Refused("make it stochastic", () => new RolloutPlan(schedule, [new(false, 2), new(true), new(true)], Sde));
        Refused("at least one child", () => new RolloutPlan(schedule, [new(true, 0), new(true), new(true)], Sde));
        Refused("even branch factor", () => new RolloutPlan(schedule, [new(true, 3), new(true), new(true)], Sde, noise: new BranchNoise.Mirrored()));
        Refused("make it an ODE step", () => new RolloutPlan(schedule, [new(true), new(true), new(true)], new Dynamics.Cps(0.5)));
        Refused("leaves per prompt", () => new RolloutPlan(schedule, [new(true, 1000), new(true, 1000), new(true)], Sde));
        Refused("stochastic step", () => new RolloutPlan(schedule, [new(false), new(false), new(false)], Sde, new(2)));
        Refused("at least 1", () => new RootPlan(0));
        Refused("at least 1", () => new RootPlan() with { PerPrompt = -1 });
        Refused("(0, 1]", () => new Dynamics.Cps(1.5));
        Refused("positive", () => new Dynamics.DanceSde(0.5) with { Eta = 0 });
    }

    [Fact]
    public void Equal_plans_are_equal()
    {
        var rule = new PlanRule { Schedule = NoiseSchedule.Shifted(10), Splits = new SplitRule.Fixed(2, 0, 2) };
        Assert.Equal(rule.At(1, 1), rule.At(7, 3));
        Assert.NotEqual(rule.At(1, 1), (rule with { Splits = new SplitRule.Fixed(2, 0, 3) }).At(1, 1));
        Assert.Equal(new SplitRule.Fixed(2, 3, 0), new SplitRule.Fixed(2, 0, 3, 3));
    }

    [Fact]
    public void A_rule_maps_iterations_to_plans()
    {
        var window = new PlanRule
        {
            Schedule = NoiseSchedule.Shifted(10), Splits = new SplitRule.Fixed(2, 0, 4),
            Stochastic = new StochasticRule.Window(WindowSchedule.Sliding(2, 10, every: 10)),
        };
        int[] Stochastic(int iteration) => [.. window.At(iteration, 1).Steps.Index().Where(s => s.Item.IsStochastic).Select(s => s.Index)];
        Assert.Equal([0, 1, 4], Stochastic(1));
        Assert.Equal([0, 1, 2, 4], Stochastic(11));
        Assert.Equal([0, 4, 5, 6], Stochastic(51));
        var star = window with
        {
            Splits = new SplitRule.AtFirstStochasticStep(16),
            Stochastic = new StochasticRule.Window(WindowSchedule.Sliding(4, 10, every: 10))
        };
        Assert.Equal((2, 16, 16), (star.At(21, 1).LastSplit, star.At(21, 1).Steps[2].Branches, star.At(21, 1).LeavesPerPrompt));
        var random = window with { Splits = new SplitRule.Random(3, 2, 6), Stochastic = new StochasticRule.SplitsOnly() };
        Assert.Equal(random.At(5, 9), random.At(5, 9));
        Assert.True(Enumerable.Range(1, 20).Select(i => random.At(i, 9).ToString()).Distinct().Count() > 5);
        Assert.All(Enumerable.Range(1, 20), i => Assert.Equal(3, random.At(i, 9).Steps.Count(s => s.Branches == 2)));
    }

    [Fact]
    public void The_tail_after_the_last_stochastic_step_is_coarse()
    {
        var split = Recipes.Find("BranchGRPO-Split", Geometry.Quick).Plan.At(1, 1);
        Assert.Equal([1, 0.8, 0.6, 0.4, 0], split.Schedule.Sigmas.ToArray().Select(s => Math.Round(s, 12)));
        Assert.Equal([true, true, true, false], split.Steps.Select(s => s.IsStochastic));
    }

    [Fact]
    public void The_last_step_is_trained_only_where_its_noise_is_seen()
    {
        Assert.True(Plans.Tree(4, [0]).IsTrainable(3));
        Assert.False(Plans.Tree(4, [0], scored: ScoredLatent.CleanPrediction).IsTrainable(3));
        Assert.True(Plans.Tree(4, [0], scored: ScoredLatent.CleanPrediction).IsTrainable(2));
    }
}
