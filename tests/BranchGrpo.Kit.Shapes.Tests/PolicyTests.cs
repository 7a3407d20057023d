using TorchSharp;
using Xunit;
using static BranchGrpo.Kit.Shapes.Tests.Tensors;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes.Tests;

public class PolicyTests
{
    private static readonly string[] prompts = [.. ShapesPrompts.Training.Take(12)];

    private static Tensor Velocity(FlowPolicy policy, Tensor latents, double sigma, IReadOnlyList<string> captions)
    {
        using var conditioning = policy.Encode(captions);
        return policy.Velocity(latents, sigma, conditioning);
    }

    [Fact]
    public void It_has_the_stated_size_and_stable_names()
    {
        using var policy = new ShapesPolicy(ShapesSize.Cpu);
        Assert.Equal(1_183_808, policy.Network.parameters().Sum(p => p.numel()));
        Assert.Equal([16, 192], policy.LatentShape);
        string[] names = [.. policy.Network.state_dict().Keys];
        string[] whole = ["input", "timeExpand", "timeContract", "pooled", "finalModulation", "output"];
        string[] inBlock = ["modulation", "attention", "projection", "expand", "contract"];
        string[] layers = [.. whole, .. Enumerable.Range(0, 4).SelectMany(b => inBlock.Select(l => $"blocks.{b}.{l}"))];
        Assert.Equal(["position", "vocabulary", .. layers.SelectMany(l => (string[])[l + ".weight", l + ".bias"]).Order(StringComparer.Ordinal)],
            names.Where(n => !n.Contains('.')).Order(StringComparer.Ordinal).Concat(names.Where(n => n.Contains('.')).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Every_size_can_be_built_and_evaluated()
    {
        foreach (var size in ShapesSize.All)
        {
            using var policy = new ShapesPolicy(size);
            using Tensor noise = Noise(1, [2, .. policy.LatentShape]), velocity = Velocity(policy, noise, 0.5, prompts[..2]);
            Assert.Equal(noise.shape, velocity.shape);
            Assert.Same(size, ShapesSize.Find(size.Name));
        }
        Assert.Contains("gpu-small", Assert.Throws<ArgumentException>(() => ShapesSize.Find("tiny")).Message);
    }

    [Fact]
    public void Rows_of_a_batch_do_not_see_each_other()
    {
        using var policy = Shipped.Policy();
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var latents = Noise(2, 12, 16, 192);
        var together = Velocity(policy, latents, 0.7, prompts);
        foreach (var row in (int[])[0, 5, 11])
            Assert.InRange(Difference(together[row..(row + 1)], Velocity(policy, latents[row..(row + 1)], 0.7, prompts[row..(row + 1)])), 0, 2e-5);
    }

    [Fact]
    public void Each_row_may_have_a_noise_level_of_its_own()
    {
        using var policy = Shipped.Policy();
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        double[] sigmas = [1, 0.55, 0.02];
        var latents = Noise(3, 3, 16, 192);
        using var conditioning = policy.Encode(prompts[..3]);
        var together = policy.VelocityPerRow(latents, tensor(sigmas, dtype: float32), conditioning);
        foreach (var (row, sigma) in sigmas.Index())
            Assert.InRange(Difference(together[row..(row + 1)], Velocity(policy, latents[row..(row + 1)], sigma, prompts[row..(row + 1)])), 0, 2e-4);
    }

    [Fact]
    public void The_caption_and_the_noise_level_matter()
    {
        using var policy = Shipped.Policy();
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var latents = Noise(2, 1, 16, 192);
        var velocity = Velocity(policy, latents, 0.7, ["large red circle top left"]);
        string[] others = ["large red square top left", "large blue circle top left", "small red circle top left", "large red circle center"];
        foreach (var other in others)
            Assert.True(Difference(velocity, Velocity(policy, latents, 0.7, [other])) > 0.02, other);
        Assert.True(Difference(velocity, Velocity(policy, latents, 0.5, ["large red circle top left"])) > 0.02);
    }

    [Fact]
    public void A_velocity_points_from_the_clean_picture_to_the_noisy_one()
    {
        using var policy = Shipped.Policy();
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var generator = new Generator(8);
        Caption[] captions = [.. ShapesPrompts.Test.Select(Caption.Parse)];
        var clean = policy.Size.ToLatents(ShapesRenderer.Render(captions, generator));
        var noise = Noise(9, 24, 16, 192);
        foreach (var (sigma, bound) in ((double, float)[])[(0.1, 0.06f), (0.2, 0.07f), (0.5, 0.1f)])
        {
            var noisy = clean * (1 - sigma) + noise * sigma;
            var predicted = noisy - Velocity(policy, noisy, sigma, ShapesPrompts.Test) * sigma;
            Assert.InRange((predicted - clean).square().mean().sqrt().item<float>(), 0, bound);
        }
    }

    [Fact]
    public void A_clone_is_equal_and_independent()
    {
        using var policy = Shipped.Policy();
        using var copy = policy.Clone();
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var latents = Noise(3, 2, 16, 192);
        var before = Velocity(policy, latents, 0.4, prompts[..2]);
        Assert.True(Same(before, Velocity(copy, latents, 0.4, prompts[..2])));
        Assert.Equal(policy.TrainedNames(), copy.TrainedNames());
        foreach (var (_, parameter) in copy.TrainedParameters()) parameter.mul_(1.5f);
        Assert.True(Same(before, Velocity(policy, latents, 0.4, prompts[..2])));
        Assert.False(Same(before, Velocity(copy, latents, 0.4, prompts[..2])));
    }

    [Fact]
    public void Gradient_flows_into_the_trained_parameters_and_nowhere_else()
    {
        using var policy = Shipped.Policy();
        using var scope = NewDisposeScope();
        Velocity(policy, Noise(4, 4, 16, 192), 0.6, prompts[..4]).square().mean().backward();
        var trained = policy.TrainedNames().ToHashSet();
        foreach (var (name, parameter) in policy.Network.named_parameters())
            Assert.True((parameter.grad is { } gradient && gradient.abs().max().item<float>() > 0) == trained.Contains(name), name);
        Assert.Equal(["finalModulation.bias", "finalModulation.weight", "input.bias", "input.weight", "output.bias", "output.weight", "position"],
            policy.Network.named_parameters().Select(p => p.name).Except(trained).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_is_frozen_can_be_chosen()
    {
        using var all = new ShapesPolicy(ShapesSize.Cpu, frozen: []);
        Assert.Equal(all.Network.named_parameters().Select(p => p.name), all.TrainedNames());
        using var one = new ShapesPolicy(ShapesSize.Cpu, frozen: ["blocks.0"]);
        Assert.Equal(all.TrainedNames().Where(n => !n.StartsWith("blocks.0.", StringComparison.Ordinal)), one.TrainedNames());
        Assert.Contains("finalModulation", Assert.Throws<ArgumentException>(() => new ShapesPolicy(ShapesSize.Cpu, ["inputs"])).Message);
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights()
    {
        using ShapesPolicy first = new(ShapesSize.Cpu, seed: 5), again = new(ShapesSize.Cpu, seed: 5), other = new(ShapesSize.Cpu, seed: 6);
        Assert.All(first.Network.state_dict(), p => Assert.True(Same(p.Value, again.Network.state_dict()[p.Key]), p.Key));
        Assert.False(Same(first.Network.state_dict()["input.weight"], other.Network.state_dict()["input.weight"]));
    }

    [Fact]
    public void A_policy_made_inside_a_scope_survives_it()
    {
        ShapesPolicy policy;
        using (NewDisposeScope()) policy = Shipped.Policy();
        using (policy)
        using (var latents = ShapesSampler.Sample(policy, prompts[..1], 2, 1))
            Assert.Equal([1, 16, 192], latents.shape);
    }

    [Fact]
    public void An_unknown_prompt_is_refused()
    {
        using var policy = new ShapesPolicy(ShapesSize.Cpu);
        Assert.Throws<FormatException>(() => policy.Encode(["a cat"]));
    }

    [Fact]
    public void Sampling_and_scoring_leave_nothing_alive()
    {
        using var policy = Shipped.Policy();
        _ = Shipped.BaseScores;                                                                // loads what is kept
        var statistics = DisposeScopeManager.Statistics;
        statistics.Reset();
        for (var i = 0; i < 3; i++)
        {
            using var latents = ShapesSampler.Sample(policy, prompts[..2], 2, 1);
            using var pictures = policy.Size.ToPictures(latents);
            using var conditioning = policy.Encode(prompts[..2]);
            using var velocity = policy.Velocity(latents, 0.5, conditioning);
            Assert.Equal(4, statistics.ThreadTotalLiveCount);                                  // latents, pictures, words, velocity
            Shipped.Task.Reward(latents, prompts[..2]);
            ShapesVerifier.Verify(pictures, [.. prompts[..2].Select(Caption.Parse)]);
            PictureGrid.Encode(pictures, 2);
        }
        Assert.Equal(0, statistics.ThreadTotalLiveCount);
    }
}
