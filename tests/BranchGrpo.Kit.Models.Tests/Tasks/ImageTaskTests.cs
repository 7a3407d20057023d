using BranchGrpo.Kit.Models.Flux;
using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Rewards;
using BranchGrpo.Kit.Models.Tasks;
using BranchGrpo.Kit.Models.Vae;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Tasks;

public sealed class ImageTaskTests
{
    [Fact]
    public void The_reward_is_that_of_the_decoded_pictures()
    {
        using var task = TinyTask.Create(ImageFamily.Flux, o => o with { Width = 64 });
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var generator = new Generator(3);
        using var autoencoder = Autoencoder.Load(Path.Combine(TinyTask.PipelineOf(ImageFamily.Flux), "vae"), WeightFormat.Cpu);
        using var hps = TinyTask.Options(ImageFamily.Flux).Rewards[0].Load(CPU);
        var grid = randn([2, 16, 4, 8], generator: generator);
        Picture[] pictures = [.. Enumerable.Range(0, 2).Select(i => Picture.FromSigned(autoencoder.LatentsToImage(grid.narrow(0, i, 1)).squeeze(0)))];
        Assert.Equal((64, 32), (pictures[0].Width, pictures[0].Height));
        var got = task.Task.Reward(FluxLatents.Pack(grid), TinyTask.Prompts[..2]);
        Assert.Equal(hps.Score(pictures, TinyTask.Prompts[..2]), got);
        Assert.NotEqual(got[0], got[1]);
    }

    [Fact]
    public void Several_rewards_are_weighed_and_reported_one_by_one()
    {
        var options = TinyTask.Options(ImageFamily.Sd3);
        options = options with
        {
            Rewards = [options.Rewards[0] with { Weight = 2 }, options.HeldOut[0] with { Weight = -0.5 }],
            HeldOut = [],
            TrainingPrompts = TinyTask.Prompts[..1],
            EvaluationPrompts = TinyTask.Prompts[1..],
            Preset = options.Preset with { MicroBatch = 2 },
        };
        using var task = ImageTask.Create(options);
        using var policy = task.LoadPolicy();
        var scores = task.Task.Evaluate(policy);
        Assert.Equal(2 * scores["hpsv2.1"] - 0.5 * scores["pickscore"], scores["reward"], 1e-9);
        Assert.Equal(100 * scores["hpsv2.1"], scores["hpsv2.1-published"], 1e-9);
        Assert.DoesNotContain("heldout", scores.Values.Keys);
        Assert.Equal(scores.Values, task.Task.Evaluate(policy).Values);
        var each = task.Judge(policy, TinyTask.Prompts[1..], first: 0).Scores.Single(s => s.Name == "reward").Score;
        Assert.Equal(each.Average(), scores["reward"], 1e-6);
        using var standardised = ImageTask.Create(options with { Mixing = RewardMixing.Advantages });
        Assert.NotEqual(task.Task.Name, standardised.Task.Name);
    }

    [Fact]
    public void Pictures_do_not_depend_on_their_neighbours()
    {
        using var task = TinyTask.Create(ImageFamily.Flux);
        using var policy = task.LoadPolicy();
        using var scope = NewDisposeScope();
        var schedule = NoiseSchedule.Shifted(3, 3);
        var all = ImageSampler.Sample(policy, TinyTask.Prompts, schedule, seed: 1, microBatch: 4);
        var last = ImageSampler.Sample(policy, TinyTask.Prompts[3..], schedule, seed: 1, microBatch: 1, first: 3);
        Assert.True((all[3] - last[0]).abs().max().item<float>() < 1e-4);
        Assert.True((all[3] - all[0]).abs().max().item<float>() > 0.1);
    }

    [Fact]
    public void What_cannot_be_trained_is_refused_before_anything_is_loaded()
    {
        var options = TinyTask.Options(ImageFamily.Flux);
        Assert.Throws<ArgumentException>(() => ImageTask.Create(options with { Rewards = [] }));
        Assert.Contains("held-out", Assert.Throws<ArgumentException>(() => ImageTask.Create(options with { EvaluationPrompts = [] })).Message);
        Assert.Contains("among the training prompts",
            Assert.Throws<ArgumentException>(() => ImageTask.Create(options with { EvaluationPrompts = TinyTask.Prompts[..1] })).Message);
        Assert.Contains("is for Sd3",
            Assert.Throws<ArgumentException>(() => ImageTask.Create(options with { Preset = TinyTask.Preset(ImageFamily.Sd3) })).Message);
        Assert.Throws<FileNotFoundException>(() => ImageTask.Create(options with { Pipeline = TinyTask.Folder }));
        Assert.Throws<OperationCanceledException>(() =>
            ImageTask.Create(options with { Stop = new(canceled: true), CacheFolder = Path.Combine(TinyTask.Folder, "none") }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PolicyOptions { Width = 100 });
    }

    [Fact]
    public void Names_tell_apart_what_gives_other_numbers()
    {
        var options = TinyTask.Options(ImageFamily.Flux);
        ImageTaskOptions[] all =
        [
            options, options with { TrainingPrompts = TinyTask.Prompts[..2] }, options with { Guidance = 2 }, options with { HeldOut = [] },
            options with { Preset = TinyTask.Preset(ImageFamily.Flux, o => o with { Tuning = FineTuning.Adapters.OfAttention(2) }) },
            options with { Preset = TinyTask.Preset(ImageFamily.Flux, o => o with { Dtype = ScalarType.BFloat16 }) },
        ];
        var names = all.Select(o =>
        {
            using var task = ImageTask.Create(o);
            return task.Task.Name;
        }).ToArray();
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.StartsWith("flux 32x32, lora 4, 1 hps, ", names[0]);
    }
}
