using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Tasks;

public sealed class ImageTrainingTests
{
    [Theory]
    [InlineData(ImageFamily.Flux, "dancegrpo")]
    [InlineData(ImageFamily.Flux, "branchgrpo")]
    [InlineData(ImageFamily.Sd3, "dancegrpo")]
    [InlineData(ImageFamily.Sd3, "branchgrpo")]
    public void Training_moves_the_adapters_and_nothing_else(ImageFamily family, string method)
    {
        using var task = TinyTask.Create(family);
        using var policy = task.LoadPolicy();
        var (before, reference) = (TinyTask.Weights(policy.Network), TinyTask.Velocity(policy));
        using var training = new GrpoTraining(policy, TinyTask.Recipe(family, method), seed: 2) { MicroBatch = 8 };
        for (var i = 0; i < 2; i++)
        {
            var metrics = training.Iterate([TinyTask.Prompts[i]], task.Task.Reward);
            Assert.InRange(metrics.FirstRatioError, 0, 1e-6);
            Assert.True(metrics.GradNorm > 0 && metrics.RewardStd > 0);
        }
        var after = TinyTask.Weights(policy.Network);
        // Queries of the text in SD3's last block reach nothing: the text ends there.
        var idle = family == ImageFamily.Sd3 ? "adapters.transformer_blocks.1.attn.add_q_proj." : "none";
        Assert.All(before, p => Assert.Equal(
            !p.Key.StartsWith("adapters.", StringComparison.Ordinal) || p.Key.StartsWith(idle, StringComparison.Ordinal),
            p.Value.AsSpan().SequenceEqual(after[p.Key])));
        Assert.All(policy.Network.named_parameters(), p =>
            Assert.Equal(p.name.StartsWith("adapters.", StringComparison.Ordinal), p.parameter.requires_grad));
        Assert.NotEqual(reference, TinyTask.Velocity(policy));
        using var off = policy.Reference();
        Assert.Equal(reference, TinyTask.Velocity(off));
        using var untrained = task.LoadPolicy();
        Assert.Equal(reference, TinyTask.Velocity(untrained));
    }

    [Fact]
    public void All_weights_of_SD3_can_be_trained()
    {
        FineTuning full = new FineTuning.Full();
        using var task = TinyTask.Create(ImageFamily.Sd3, o => o with { Tuning = full });
        using var policy = task.LoadPolicy();
        var before = TinyTask.Weights(policy.Network);
        using var training = new GrpoTraining(policy, TinyTask.Recipe(ImageFamily.Sd3, "branchgrpo", full), seed: 2) { MicroBatch = 8 };
        Assert.InRange(training.Iterate([TinyTask.Prompts[0]], task.Task.Reward).FirstRatioError, 0, 1e-6);
        var moved = TinyTask.Weights(policy.Network).Where(p => !p.Value.AsSpan().SequenceEqual(before[p.Key])).Select(p => p.Key).ToHashSet();
        Assert.DoesNotContain("transformer.pos_embed.pos_embed", moved);
        // Weights without effect on the velocity get no gradient and no step but that of weight decay, which rounds away.
        Assert.True(moved.Count > 0.8 * before.Count, $"{moved.Count} of {before.Count} weights moved");
        using var clone = policy.Reference();
        Assert.Equal(TinyTask.Velocity(policy), TinyTask.Velocity(clone));
        Assert.NotSame(policy.Network, clone.Network);
    }

    [Fact]
    public void Interrupted_training_ends_in_the_same_weights()
    {
        using var task = TinyTask.Create(ImageFamily.Flux);
        var experiment = new Experiment
        {
            Task = task.Task, Recipe = TinyTask.Recipe(ImageFamily.Flux, "branchgrpo"), Seed = 4, Iterations = 2, MicroBatch = 8,
            EvaluateEvery = 2, SaveEvery = 1,
        };
        var (whole, parts) = (Path.Combine(TinyTask.Folder, "runs", "whole"), Path.Combine(TinyTask.Folder, "runs", "parts"));
        var record = ExperimentRunner.Run(experiment, whole);
        Assert.True(record.IsComplete);
        ExperimentRunner.Run(experiment with { Iterations = 1 }, parts);
        ExperimentRunner.Run(experiment, parts);
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, ExperimentRunner.StateFile)), File.ReadAllBytes(Path.Combine(parts, ExperimentRunner.StateFile)));
        string[] scores = ["heldout", "hpsv2.1", "hpsv2.1-published", "kl", "pickscore", "pickscore-published", "reward"];
        Assert.All(record.Evaluations, e => Assert.Equal(scores, e.Scores.Keys));
        Assert.Equal(0, record.Evaluations[0].Scores["kl"]);
        Assert.True(record.Evaluations[^1].Scores["kl"] > 0);
    }

    [Fact]
    public void All_weights_are_trained_in_float32_while_the_network_computes_in_bfloat16()
    {
        FineTuning full = new FineTuning.Full();
        using var task = TinyTask.Create(ImageFamily.Sd3, o => o with { Tuning = full, Dtype = ScalarType.BFloat16 });
        using var wide = TinyTask.Create(ImageFamily.Sd3, o => o with { Tuning = full });
        using ImagePolicy policy = task.LoadPolicy(), exact = wide.LoadPolicy();
        Assert.All(policy.TrainedParameters(), p => Assert.Equal(ScalarType.Float32, p.Parameter.dtype));
        var (rounded, expected) = (TinyTask.Velocity(policy), TinyTask.Velocity(exact));
        var error = rounded.Zip(expected, (a, b) => Math.Abs(a - b)).Max() / expected.Max(Math.Abs);
        Assert.InRange(error, 1e-4, 0.05);                            // bfloat16 has 8 bits
        using var training = new GrpoTraining(policy, TinyTask.Recipe(ImageFamily.Sd3, "branchgrpo", full), seed: 2) { MicroBatch = 8 };
        var before = TinyTask.Weights(policy.Network);
        Assert.InRange(training.Iterate([TinyTask.Prompts[0]], task.Task.Reward).FirstRatioError, 0, policy.RatioTolerance);
        // Steps of 1e-5 would be lost in bfloat16, where the next number after 0.1 is 0.0004 away.
        var after = TinyTask.Weights(policy.Network);
        Assert.Contains(before, p => p.Value.Zip(after[p.Key], (a, b) => Math.Abs(a - b)).Max() is > 1e-6f and < 1e-4f);
    }

    [Theory]
    [InlineData(ImageFamily.Flux)]
    [InlineData(ImageFamily.Sd3)]
    public void A_network_in_bfloat16_is_trained_on_float32_latents(ImageFamily family)
    {
        using var task = TinyTask.Create(family, o => o with { Dtype = ScalarType.BFloat16 });
        using var policy = task.LoadPolicy();
        Assert.Equal((ScalarType.Float32, 5e-4), (policy.Dtype, policy.RatioTolerance));
        Assert.Contains(policy.Network.parameters(), p => p.dtype == ScalarType.BFloat16);
        Assert.All(policy.TrainedParameters(), p => Assert.Equal(ScalarType.Float32, p.Parameter.dtype));
        // One latent per call, as presets for GPUs have it: rollout and training compute the same.
        using var training = new GrpoTraining(policy, TinyTask.Recipe(family, "branchgrpo"), seed: 2) { MicroBatch = 1 };
        var metrics = training.Iterate([TinyTask.Prompts[0]], task.Task.Reward);
        Assert.InRange(metrics.FirstRatioError, 0, 1e-6);
        Assert.True(metrics.GradNorm > 0);
    }

    [Theory]
    [InlineData(ImageFamily.Flux)]
    [InlineData(ImageFamily.Sd3)]
    public void Neither_micro_batches_nor_checkpointing_change_an_iteration(ImageFamily family)
    {
        IterationMetrics Once(int microBatch, bool checkpointing)
        {
            using var task = TinyTask.Create(family, o => o with { Checkpointing = checkpointing });
            using var policy = task.LoadPolicy();
            using var training = new GrpoTraining(policy, TinyTask.Recipe(family, "branchgrpo"), seed: 2) { MicroBatch = microBatch };
            return training.Iterate([TinyTask.Prompts[0]], task.Task.Reward);
        }
        var whole = Once(64, false);
        foreach (var other in new[] { Once(3, false), Once(64, true) })
        {
            Assert.Equal(whole.RewardMean, other.RewardMean, 1e-5);
            Assert.Equal(whole.GradNorm, other.GradNorm, 1e-3 * whole.GradNorm);
        }
    }

    [Fact]
    public void The_reference_of_a_KL_term_is_the_network_without_adapters()
    {
        using var task = TinyTask.Create(ImageFamily.Sd3);
        using var policy = task.LoadPolicy();
        using var training = new GrpoTraining(policy, TinyTask.Recipe(ImageFamily.Sd3, "flow-grpo"), seed: 2) { MicroBatch = 8 };
        var kl = Enumerable.Range(0, 2).Select(i => training.Iterate([TinyTask.Prompts[i]], task.Task.Reward).ReferenceKl).ToArray();
        Assert.True(kl[1] > kl[0] && kl[0] >= 0, $"{kl[0]:R}, then {kl[1]:R}");         // of the first iteration only updates after the first see any
    }

    [Theory]
    [InlineData(ImageFamily.Flux)]
    [InlineData(ImageFamily.Sd3)]
    public void Tensors_do_not_pile_up(ImageFamily family)
    {
        using var task = TinyTask.Create(family, o => o with { Checkpointing = true });
        using var policy = task.LoadPolicy();
        using var training = new GrpoTraining(policy, TinyTask.Recipe(family, "flow-grpo"), seed: 2) { MicroBatch = 8 };
        var alive = Enumerable.Range(0, 4).Select(i =>
        {
            training.Iterate([TinyTask.Prompts[i % 3]], task.Task.Reward);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return Tensor.TotalCount;
        }).ToArray();
        Assert.Equal(alive[1], alive[3]);
    }
}
