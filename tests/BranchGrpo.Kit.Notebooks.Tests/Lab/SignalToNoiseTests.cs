using BranchGrpo.Kit.Tests;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks.Tests;

public class SignalToNoiseTests
{
    private static SignalToNoise Measure(Recipe recipe, int iterations, RewardModel? reward = null)
    {
        var task = Toy.Task(reward);
        using var policy = task.CreatePolicy();
        using var probe = new SignalProbe(task, policy) { ScaleIterations = 4 };
        return probe.Measure(recipe, iterations);
    }

    private static Estimate Sampled(Random random, double[] mean, double[] deviation, double[] scale, int count, bool adam = false)
    {
        using var unit = tensor(scale);
        using var sample = new SignalSample(unit);
        for (var i = 1; i <= count; i++)
        {
            using var gradient = tensor(mean.Zip(deviation, (m, s) => m + (s * Normal(random))).ToArray());
            sample.Add(i, gradient);
        }
        return adam ? sample.Adam : sample.Plain;
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    [Fact]
    public void A_star_on_a_linear_reward_has_the_ratio_of_a_sample_covariance()
    {
        // One step, 4 children, 2 prompts, D numbers: 2·3/(D + 1).
        var signal = Measure(Toy.Recipe(2, Baseline.Group, new BranchNoise.Independent(), (0, 4)), 400);
        var known = 2 * 3 / (Toy.Elements + 1.0);
        Assert.InRange(signal.Plain.Error, 0.01, 0.12);
        Assert.InRange(signal.Plain.Value, known - (3.5 * signal.Plain.Error), known + (3.5 * signal.Plain.Error));
        Assert.InRange(signal.Adam.Value, known - (3.5 * signal.Adam.Error), known + (3.5 * signal.Adam.Error));      // all elements are alike
        Assert.Equal((0, 1.0, 1.0, signal.Plain), (signal.Steps[0].Step, signal.Steps[0].Sigma, signal.Steps[0].Share, signal.Steps[0].Plain));
        Assert.Equal((2 * 5) + (3 * 2), signal.ForwardUnits);
        Assert.Equal(1000 * signal.Adam.Value / 16, signal.PerThousandUnits.Value, 9);
    }

    [Fact]
    public void Steps_have_the_ratio_of_their_share_in_the_reward()
    {
        var recipe = Toy.Recipe(4, Baseline.Group, new BranchNoise.Independent(), (0, 4));
        var (signal, created) = (Measure(recipe, 400), Toy.Created(recipe.Plan));
        Assert.Equal([0, 1, 2], signal.Steps.Select(s => s.Step));
        Assert.Equal(1, signal.Steps.Sum(s => s.Share), 12);
        foreach (var step in signal.Steps)
        {
            var share = created[step.Step] / created.Sum();
            Assert.InRange(step.Plain.Value - (6 * share / (Toy.Elements + share)), -3.5 * step.Plain.Error, 3.5 * step.Plain.Error);
        }
    }

    [Fact]
    public void Pure_noise_has_no_signal()
    {
        // Counting i = j as well would give 1/8.
        var pure = Sampled(new(3), new double[2000], [.. Enumerable.Repeat(1.0, 2000)], [.. Enumerable.Repeat(1.0, 2000)], 8);
        Assert.InRange(pure.Value, -0.015, 0.015);
        Assert.InRange(pure.Error, 1e-4, 0.03);
        var random = new Random(4);
        var idle = Measure(Toy.Recipe(2, Baseline.Group, new BranchNoise.Independent(), (0, 4)), 60,
            (latents, _) => [.. Enumerable.Range(0, (int)latents.shape[0]).Select(_ => Normal(random))]);
        Assert.InRange(idle.Plain.Value, -0.04, 0.04);
    }

    [Fact]
    public void Scale_weighs_the_parameters()
    {
        double[] mean = [1, 1, 0, 0], deviation = [1, 10, 1, 10], scale = [1, 10, 1, 10];
        var (plain, adam) = (Sampled(new(5), mean, deviation, scale, 4000), Sampled(new(5), mean, deviation, scale, 4000, adam: true));
        Assert.InRange(plain.Value - (2 / 202.0), -3.5 * plain.Error, 3.5 * plain.Error);
        Assert.InRange(adam.Value - (1.01 / 4), -3.5 * adam.Error, 3.5 * adam.Error);
        Assert.InRange(adam.Error, 0.003, 0.03);
    }

    [Fact]
    public void Standard_error_is_about_the_spread_of_the_estimate()
    {
        double[] one = [.. Enumerable.Repeat(1.0, 40)], mean = [.. Enumerable.Repeat(0.4, 40)];
        Estimate[] all = [.. Enumerable.Range(0, 150).Select(seed => Sampled(new(seed), mean, one, one, 12))];
        Estimate[] grouped = [.. Enumerable.Range(0, 60).Select(seed => Sampled(new(seed), mean, one, one, 60))];
        foreach (var estimates in new[] { all, grouped })
        {
            var centre = estimates.Average(e => e.Value);
            var spread = Math.Sqrt(estimates.Sum(e => Math.Pow(e.Value - centre, 2)) / (estimates.Length - 1));
            Assert.InRange(estimates.Average(e => e.Error) / spread, 0.75, 1.5);
        }
        Assert.Equal(0.16, grouped.Average(e => e.Value), 0.02);
        Assert.True(double.IsNaN(Sampled(new(1), mean, one, one, 2).Error));
        Assert.Equal("0.2", new Estimate(0.21, double.NaN).ToString());
    }

    [Fact]
    public void Iterations_are_those_of_a_run_and_can_be_stopped()
    {
        var recipe = Toy.Recipe(2, Baseline.Group, new BranchNoise.Independent(), (0, 4));
        var (first, again) = (Measure(recipe, 5), Measure(recipe, 5));
        Assert.Equal((first.Plain, first.Adam), (again.Plain, again.Adam));
        // Edges dealt to several optimiser steps are one gradient here.
        var dealt = Measure(recipe with { UpdateSplit = new UpdateSplit.ByEdges(2) }, 5);
        Assert.Equal(first.Plain.Value, dealt.Plain.Value, 12);
        var task = Toy.Task();
        using var policy = task.CreatePolicy();
        using var probe = new SignalProbe(task, policy) { ScaleIterations = 1 };
        using var stop = new CancellationTokenSource();
        var done = 0;
        Assert.Throws<OperationCanceledException>(() => probe.Measure(recipe, 9, progress: n => { if ((done = n) == 2) stop.Cancel(); }, stop: stop.Token));
        Assert.Equal(2, done);
        Assert.Throws<ArgumentOutOfRangeException>(() => probe.Measure(recipe, 1));
    }

    [Fact]
    public void Prompts_noise_and_plans_are_those_of_the_iterations_of_a_run()
    {
        var recipe = Toy.Recipe(5, Baseline.Group, new BranchNoise.Independent());
        recipe = recipe with { LearningRate = 1e-12, Plan = recipe.Plan with { Splits = new SplitRule.Random(1, 4, 3) } };
        var seen = new List<string>();
        var linear = Toy.Task().Reward;
        RewardModel watched = (latents, prompts) =>
        {
            var rewards = linear(latents, prompts);
            seen.Add(string.Join(" ", prompts.Zip(rewards, (p, r) => $"{p}:{r:F6}")));
            return rewards;
        };
        Measure(recipe, 5, watched);
        string[] measured = [.. seen.Skip(4)];                                 // the first four are of Adam's scale
        seen.Clear();
        using var policy = Toy.Task().CreatePolicy();
        using var run = new GrpoTraining(policy, recipe, seed: 1);
        for (var i = 0; i < 5; i++) run.Iterate(new Experiment { Task = Toy.Task(), Recipe = recipe }.PromptsOf(i), watched);
        Assert.Equal(seen, measured);
        Assert.Equal(5, seen.Distinct().Count());
    }

    [Fact]
    public void Random_splits_are_measured_where_they_fell_and_nothing_is_left_behind()
    {
        var recipe = Toy.Recipe(6, Baseline.Group, new BranchNoise.Independent());
        recipe = recipe with { Plan = recipe.Plan with { Splits = new SplitRule.Random(1, 4, 4), Stochastic = new StochasticRule.SplitsOnly() } };
        var task = Toy.Task();
        using var policy = task.CreatePolicy();
        using var probe = new SignalProbe(task, policy) { ScaleIterations = 2 };
        probe.Measure(recipe, 3);
        var before = Plans.LiveTensors();
        var signal = probe.Measure(recipe, 60);
        Assert.Equal(before, Plans.LiveTensors());
        Assert.Equal([0, 1, 2, 3], signal.Steps.Select(s => s.Step));
        Assert.Equal(1, signal.Steps.Sum(s => s.Share), 12);
        Assert.Equal(CostModel.MeanForwardUnits(recipe, 60), signal.ForwardUnits);
    }

    [Fact]
    public void Estimates_are_compared_by_the_error_of_their_difference()
    {
        Assert.True(new Estimate(10, 3).IsAbove(new(-0.1, 4)));
        Assert.False(new Estimate(10, 3).IsAbove(new(0.1, 4)));
        Assert.False(new Estimate(10, double.NaN).IsAbove(new(0.1, 4)));
        Assert.Equal(new Estimate(-20, 6), -2 * new Estimate(10, 3));
        Assert.Equal("-20.00 ± 6.00", new Estimate(-20, 6).ToString("0.00"));
    }
}
