using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests;

public class FlowTests
{
    public static TheoryData<string> Rules => new("dance", "flow", "cps");

    private static Dynamics Rule(string name) => name switch
    {
        "dance" => new Dynamics.DanceSde(0.7),
        "flow" => new Dynamics.FlowSde(0.7),
        _ => new Dynamics.Cps(0.5),
    };

    [Fact]
    public void Shifted_schedule_follows_the_formula()
    {
        var schedule = NoiseSchedule.Shifted(20, 3);
        Assert.Equal((1.0, 0.0, 20), (schedule[0], schedule[20], schedule.Steps));
        Assert.Equal(3 * 0.5 / 2, schedule[10], 14);
        Assert.Equal(NoiseSchedule.Shifted(20, 3), schedule);
        Assert.NotEqual(NoiseSchedule.Shifted(20, 2), schedule);
    }

    [Fact]
    public void Coarse_tail_keeps_the_head_every_nth_level_and_the_end()
    {
        var tail = NoiseSchedule.Shifted(5).WithCoarseTail(3, 2);
        Assert.Equal([1, 0.8, 0.6, 0.4, 0], tail.Sigmas.ToArray().Select(s => Math.Round(s, 12)));
        Assert.Equal([1, 0.7, 0.4, 0.1, 0], NoiseSchedule.Shifted(10).WithCoarseTail(0, 3).Sigmas.ToArray().Select(s => Math.Round(s, 12)));
    }

    [Theory]
    [InlineData(new double[] { 1 })]
    [InlineData(new[] { 1, 0.5, 0.5, 0 })]
    [InlineData(new[] { 1.5, 0.5, 0 })]
    [InlineData(new[] { 1, double.NaN, 0 })]
    [InlineData(new[] { 0.2, 0.5 })]
    public void Impossible_schedules_are_refused(double[] sigmas) => Assert.Throws<ArgumentException>(() => new NoiseSchedule(sigmas));

    [Fact]
    public void Dance_and_flow_match_their_textbook_forms()
    {
        var schedule = NoiseSchedule.Shifted(8, 3);
        foreach (var i in new[] { 0, 3, 7 })
        {
            var (s, d, x, v) = (schedule[i], schedule[i + 1] - schedule[i], 0.37, -1.21);
            var clean = x - s * v;
            var dance = new Dynamics.DanceSde(0.3).Stochastic(schedule, i);
            Assert.Equal(x + d * v + d * 0.5 * 0.09 * (x - (1 - s) * clean) / (s * s), dance.Latent * x + dance.Velocity * v, 12);
            Assert.Equal(0.3 * Math.Sqrt(-d), dance.Std, 14);
            var a = 0.7 * Math.Sqrt(s / (1 - (s == 1 ? schedule[1] : s)));
            var flow = new Dynamics.FlowSde(0.7).Stochastic(schedule, i);
            Assert.Equal(x * (1 + a * a * d / (2 * s)) + v * (1 + a * a * (1 - s) / (2 * s)) * d, flow.Latent * x + flow.Velocity * v, 12);
            Assert.Equal(a * Math.Sqrt(-d), flow.Std, 14);
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Stochastic_steps_vanish_into_the_ode_with_their_noise(string name)
    {
        var schedule = NoiseSchedule.Shifted(8, 3);
        var quiet = Rule(name) switch
        {
            Dynamics.DanceSde => (Dynamics)new Dynamics.DanceSde(1e-6),
            Dynamics.FlowSde =>
            new Dynamics.FlowSde(1e-6),
            _ => new Dynamics.Cps(1e-9)
        };
        for (var i = 0; i < 7; i++)
        {
            var (noisy, ode) = (quiet.Stochastic(schedule, i), Dynamics.Ode(schedule, i));
            Assert.Equal(ode.Latent, noisy.Latent, 8);
            Assert.Equal(ode.Velocity, noisy.Velocity, 8);
        }
    }

    [Fact]
    public void Cps_keeps_the_total_noise()
    {
        // With x = (1 − σ)x₀ + σε and the true velocity, the next latent has signal 1 − σ' and noise variance σ'².
        var schedule = NoiseSchedule.Shifted(6);
        for (var i = 0; i < 5; i++)
        {
            var (c, s, next) = (new Dynamics.Cps(0.6).Stochastic(schedule, i), schedule[i], schedule[i + 1]);
            Assert.Equal(1 - next, c.Latent * (1 - s) - c.Velocity, 12);
            Assert.Equal(next * next, Math.Pow(c.Latent * s + c.Velocity, 2) + c.Std * c.Std, 12);
        }
    }

    [Fact]
    public void Samples_come_from_the_density_that_scores_them()
    {
        // The mean log-density of samples is minus the entropy; a sampling std other than the scored one shows at once.
        using var scope = NewDisposeScope();
        var transition = new GaussianTransition(randn(8, 4096, generator: new Generator(5), dtype: float64), 0.3);
        var next = transition.Sample(randn(32, 4096, generator: new Generator(6), dtype: float64));
        var entropy = 0.5 * Math.Log(2 * Math.PI * Math.E * 0.09);
        Assert.Equal(-entropy, transition.LogProb(next, Reduction.Mean).mean().item<double>(), 2);
        Assert.Equal(4096 * transition.LogProb(next, Reduction.Mean)[7].item<double>(), transition.LogProb(next, Reduction.Sum)[7].item<double>(), 8);
        Assert.Throws<InvalidOperationException>(() => new GaussianTransition(next, 0).LogProb(next, Reduction.Mean));
    }

    [Fact]
    public void Children_of_a_row_are_neighbours()
    {
        using var scope = NewDisposeScope();
        var sample = new GaussianTransition(tensor(new[,] { { 1.0 }, { 2.0 } }), 1).Sample(zeros(6, 1, dtype: float64));
        Assert.Equal([1, 1, 1, 2, 2, 2], sample.data<double>().ToArray());
    }

    [Fact]
    public void Scoring_leaves_nothing_alive_but_its_result()
    {
        using var mean = randn(3, 5);
        using var next = randn(6, 5);
        var statistics = TorchSharp.DisposeScopeManager.Statistics;
        var before = statistics.ThreadTotalLiveCount;
        using (new GaussianTransition(mean, 0.5).LogProb(next, Reduction.Sum)) Assert.Equal(before + 1, statistics.ThreadTotalLiveCount);
        Assert.Equal(before, statistics.ThreadTotalLiveCount);
    }
}
