using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes.Networks;
using BranchGrpo.Kit.Shapes.Pretraining;
using TorchSharp;
using Xunit;
using static BranchGrpo.Kit.Shapes.Tests.Tensors;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes.Tests;

public sealed class PretrainingTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("shapes").FullName;
    private readonly PretrainingOptions shortened = new() { PolicySteps = 6, RewardSteps = 4, SaveEvery = 3, Seed = 4 };

    public static TheoryData<PretrainingTarget> Targets => [PretrainingTarget.Policy, PretrainingTarget.Reward, PretrainingTarget.HeldOutReward];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>The first steps of the command, run here, are those that the shipped file says its own run began with.</summary>
    [Theory]
    [MemberData(nameof(Targets))]
    public void The_shipped_files_are_what_the_command_makes(PretrainingTarget target)
    {
        var path = Path.Combine(Shipped.Folder, ShapesPretraining.FileOf(target, ShapesSize.Cpu));
        var options = new PretrainingOptions();
        using (var file = SafeTensors.Read(path)) Assert.Equal(options.Describe(target), file.Metadata["pretraining"]);
        var recorded = ShapesPretraining.RecordedFingerprint(path);
        Assert.InRange(ShapesPretraining.FirstSteps(target, options).Distance(recorded), 0, 2e-3);
        if (target == PretrainingTarget.Policy)
            Assert.True(ShapesPretraining.FirstSteps(target, options with { Seed = 2 }).Distance(recorded) > 1e-2);
    }

    [Fact]
    public void A_run_that_was_stopped_ends_with_the_same_bytes()
    {
        var whole = ShapesPretraining.Run(PretrainingTarget.Policy, Path.Combine(folder, "whole"), shortened);
        var parts = Path.Combine(folder, "parts");
        using var stop = new CancellationTokenSource();
        var progress = new Direct(p => { if (p.Step == 3) stop.Cancel(); });
        Assert.Throws<OperationCanceledException>(() => ShapesPretraining.Run(PretrainingTarget.Policy, parts, shortened, progress, stop.Token));
        Assert.Equal(["policy.safetensors.unfinished"], Directory.GetFiles(parts).Select(Path.GetFileName));
        var resumed = ShapesPretraining.Run(PretrainingTarget.Policy, parts, shortened);
        Assert.Equal(File.ReadAllBytes(whole), File.ReadAllBytes(resumed));
        Assert.Equal(["policy.safetensors"], Directory.GetFiles(parts).Select(Path.GetFileName));
    }

    [Fact]
    public void A_finished_file_is_kept_and_other_options_make_another()
    {
        var path = ShapesPretraining.Run(PretrainingTarget.Reward, folder, shortened);
        var (bytes, calls) = (File.ReadAllBytes(path), 0);
        ShapesPretraining.Run(PretrainingTarget.Reward, folder, shortened, new Direct(_ => calls++));
        Assert.Equal(0, calls);
        ShapesPretraining.Run(PretrainingTarget.Reward, folder, shortened with { Seed = 5 }, new Direct(_ => calls++));
        Assert.True(calls > 0);
        Assert.NotEqual(bytes, File.ReadAllBytes(path));
        ShapesReward.Load(folder).Dispose();
    }

    [Fact]
    public void Progress_says_how_far_how_well_and_how_long()
    {
        var reports = new List<PretrainingProgress>();
        ShapesPretraining.Run(PretrainingTarget.HeldOutReward, folder, shortened, new Direct(reports.Add));
        Assert.Equal([3, 4], reports.Select(r => r.Step));
        Assert.All(reports, r => Assert.True(r.Steps == 4 && r.Quality is >= 0 and <= 1 && double.IsFinite(r.Loss) && r.Elapsed > TimeSpan.Zero));
        Assert.Equal(TimeSpan.Zero, reports[1].Left);
        Assert.True(reports[0].Left > TimeSpan.Zero);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void The_loss_falls(PretrainingTarget target)
    {
        var options = new PretrainingOptions { Seed = 9, LearningRate = 3e-3 };
        using var trainee = ShapesPretraining.Create(target, options);
        using var weights = new WeightsInTraining(trainee.Network, trainee.WeightDecay);
        double[] losses = [.. Enumerable.Range(0, 20).Select(i => ShapesPretraining.Step(trainee, weights, i))];
        Assert.True(losses[^5..].Average() < 0.9 * losses[..5].Average(), string.Join(" ", losses));
    }

    [Fact]
    public void Steps_leave_nothing_alive()
    {
        foreach (var target in Enum.GetValues<PretrainingTarget>())
        {
            using var trainee = ShapesPretraining.Create(target, shortened);
            using var weights = new WeightsInTraining(trainee.Network, trainee.WeightDecay);
            ShapesPretraining.Step(trainee, weights, 0);
            var statistics = DisposeScopeManager.Statistics;
            statistics.Reset();
            for (var i = 1; i < 4; i++) ShapesPretraining.Step(trainee, weights, i);
            Assert.Equal(0, statistics.ThreadTotalLiveCount);
        }
    }

    [Fact]
    public void The_average_follows_the_weights_by_its_share()
    {
        using var generator = new Generator(3);
        using var dense = new Dense(1, 1, generator);
        using var weights = new WeightsInTraining(dense, decay: 0);
        using var input = full(1, 1, 3f);                                                      // gradient 3 for the weight, 1 for the bias
        var weight = dense.state_dict()["weight"];
        double start = weight.item<float>(), average = start;
        for (var step = 1; step <= 3; step++)
        {
            using (NewDisposeScope()) dense.call(input).sum().backward();
            weights.Step(learningRate: 0.1, share: 0.25);
            Assert.Equal(start - 0.1 * step, weight.item<float>(), 5);                         // a constant gradient moves Adam by its learning rate
            average += 0.25 * (weight.item<float>() - average);
            Assert.Equal(average, weights.Averages.First(w => w.Key == "weight").Value.item<float>(), 5);
        }
        Assert.Equal(Math.Sqrt(10) * (1 - Math.Pow(0.9, 3)), weights.MomentNorm(), 5);
        Assert.Equal(Math.Sqrt(dense.state_dict().Values.Sum(w => Math.Pow(w.item<float>(), 2))), weights.Norm(), 5);
    }

    [Fact]
    public void Impossible_options_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => shortened with { PolicySteps = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => shortened with { CaptionNoise = 1.5 });
        Assert.Throws<ArgumentOutOfRangeException>(() => shortened with { LearningRate = double.NaN });
    }

    [Fact]
    public void A_fingerprint_reads_back()
    {
        var fingerprint = new PretrainingFingerprint(25, 0.1234567890123, 63.1, 1e-7);
        Assert.Equal(fingerprint, PretrainingFingerprint.Parse(fingerprint.ToString()));
        Assert.Equal(0.01, fingerprint.Distance(fingerprint with { MomentNorm = 0.99e-7 }), 3);
        Assert.Equal(double.PositiveInfinity, fingerprint.Distance(fingerprint with { Step = 24 }));
        Assert.Throws<FormatException>(() => PretrainingFingerprint.Parse("1 2"));
    }

    private sealed class Direct(Action<PretrainingProgress> action) : IProgress<PretrainingProgress>
    {
        public void Report(PretrainingProgress value) => action(value);
    }
}
