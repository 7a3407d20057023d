using Xunit;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes.Tests;

public class RewardTests
{
    private static Tensor Pictures()
    {
        using var generator = new Generator(21);
        return ShapesRenderer.Render(Caption.All, generator);
    }

    private static Caption[] Wrong(int stride, int period) =>
        [.. Caption.All.Select(c => Caption.FromIndex(c.Index / period * period + (c.Index + stride) % period))];

    public static TheoryData<bool> Both => [false, true];

    private static ShapesReward Load(bool heldOut) => heldOut ? ShapesReward.LoadHeldOut(Shipped.Folder) : ShapesReward.Load(Shipped.Folder);

    [Theory]
    [MemberData(nameof(Both))]
    public void A_right_caption_earns_more_than_one_with_a_wrong_word(bool heldOut)
    {
        using var reward = Load(heldOut);
        using var pictures = Pictures();
        var right = reward.Score(pictures, Caption.All);
        Assert.InRange(right.Average(), 0.85, 1);
        foreach (var (stride, period) in ((int, int)[])[(60, 240), (10, 60), (5, 10), (1, 5)])
        {
            var wrong = reward.Score(pictures, Wrong(stride, period));
            Assert.InRange(wrong.Average(), -0.2, 0.65);
            Assert.InRange(right.Zip(wrong).Count(p => p.First > p.Second), 237, 240);
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void The_own_caption_is_nearest_of_all_240(bool heldOut)
    {
        using var reward = Load(heldOut);
        using var generator = new Generator(24);
        Caption[] shown = [.. ShapesPrompts.Test.Select(Caption.Parse)];
        using var pictures = ShapesRenderer.Render(shown, generator);
        double[][] scores = [.. Caption.All.Select(c => reward.Score(pictures, [.. shown.Select(_ => c)]))];     // [240][24]
        Assert.All(shown, (c, i) => Assert.Equal(c.Index, Enumerable.Range(0, 240).MaxBy(caption => scores[caption][i])));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void A_spoiled_picture_earns_less(bool heldOut)
    {
        using var reward = Load(heldOut);
        using var scope = NewDisposeScope();
        using var generator = new Generator(22);
        var pictures = Pictures();
        var right = reward.Score(pictures, Caption.All).Average();
        var tiles = randn([240, 3, 8, 8], generator: generator).repeat(1, 1, 4, 4) * 0.4;
        Assert.True(reward.Score(pictures + tiles, Caption.All).Average() < right - 0.02);
        Assert.True(reward.Score(pictures * 0.3 - 0.42, Caption.All).Average() < right - 0.05);
        Assert.True(reward.Score(maximum(pictures, pictures.flip(0)), Caption.All).Average() < right - 0.2);
    }

    /// <summary>libtorch's convolution of 24 channels reads memory that nobody wrote; the kit's widths must not.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public void Scores_do_not_depend_on_what_the_memory_held_before(bool heldOut)
    {
        using var reward = Load(heldOut);
        using var pictures = Pictures();
        var expected = reward.Score(pictures, Caption.All);
        for (var i = 0; i < 5; i++)
        {
            using (NewDisposeScope())
                foreach (var length in (long[])[600, 5_000, 20_000, 40_000, 300_000, 1_000_000, 3_000_000, 6_000_000]) full(length, float.NaN);
            Assert.Equal(expected, reward.Score(pictures, Caption.All));
        }
        using var generator = new Generator(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Networks.Convolution(24, 48, 3, generator));
    }

    [Fact]
    public void The_two_rewards_differ()
    {
        using ShapesReward trained = Load(false), heldOut = Load(true);
        using var scope = NewDisposeScope();
        using var generator = new Generator(23);
        var pictures = Pictures();
        var dirty = pictures + randn(pictures.shape, generator: generator) * 0.5;
        Assert.True(trained.Score(dirty, Caption.All).Zip(heldOut.Score(dirty, Caption.All)).Average(p => Math.Abs(p.First - p.Second)) > 0.02);
    }

    [Fact]
    public void Scores_of_latents_are_scores_of_their_pictures()
    {
        using var reward = Load(false);
        using var pictures = Pictures();
        using var latents = ShapesSize.Cpu.ToLatents(pictures);
        Assert.Equal(reward.Score(pictures, Caption.All), reward.Of(ShapesSize.Cpu)(latents, [.. Caption.All.Select(c => c.ToString())]));
        Assert.Throws<ArgumentException>(() => reward.Score(pictures, [Caption.All[0]]));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Scores_are_inner_products_of_features_with_a_unit_vector_of_the_caption(bool heldOut)
    {
        using var reward = Load(heldOut);
        using var scope = NewDisposeScope();
        var pictures = Pictures();
        var features = reward.Features(pictures).to(ScalarType.Float64);                       // [240, 64]
        Assert.Equal([240L, 64], features.shape);
        Assert.True(features.square().sum([1]).allclose(ones(240, dtype: ScalarType.Float64), atol: 1e-5));
        var ridge = eye(64, dtype: ScalarType.Float64) * 1e-9;
        foreach (var caption in (int[])[0, 77, 239])
        {
            var scores = tensor(reward.Score(pictures, [.. Caption.All.Select(_ => Caption.FromIndex(caption))])).unsqueeze(1);
            var vector = linalg.solve(features.t().mm(features) + ridge, features.t().mm(scores));    // [64, 1]
            Assert.True((features.mm(vector) - scores).abs().max().item<double>() < 1e-3);
            Assert.Equal(1, vector.square().sum().item<double>(), 0.05);
        }
    }

    [Fact]
    public void Evaluation_is_repeatable_and_complete()
    {
        using var policy = Shipped.Policy();
        var scores = Shipped.Task.Evaluate(policy);
        Assert.Equal(Shipped.BaseScores.Values, scores.Values);
        string[] measures = ["diversity", "heldout", "reward", "rmse", "verifier"];
        Assert.Equal(measures.Concat(measures.Select(m => "validation-" + m)).Append("kl").Order(StringComparer.Ordinal), scores.Values.Keys);
    }

    [Fact]
    public void Drift_is_zero_for_the_base_policy_and_the_closed_form_for_a_constant_shift()
    {
        using var reference = Shipped.Policy();
        Assert.Equal(0, Shipped.BaseScores["kl"]);
        using var moved = new Shifted(Shipped.Policy(), 0.1);
        // Δv = 0.1 everywhere: each step adds c²·0.01/(2·std²) with c = Δ(1 + (1 − σ)/(2σ)) and std² = −Δ, here with Δ = −1/4.
        var expected = new[] { 1, 0.75, 0.5, 0.25 }.Sum(sigma => 0.01 * 0.25 * Math.Pow(1 + (1 - sigma) / (2 * sigma), 2) / 2);
        Assert.Equal(expected, PolicyDrift.KlToBase(moved, reference, [.. ShapesPrompts.Test.Take(3)], NoiseSchedule.Shifted(4), seed: 1), 5);
    }

    /// <summary>A policy whose velocity is another's plus a constant.</summary>
    private sealed class Shifted(ShapesPolicy inner, double shift) : FlowPolicy
    {
        public override nn.Module Network => inner.Network;

        public override IReadOnlyList<long> LatentShape => inner.LatentShape;

        public override Conditioning Encode(IReadOnlyList<string> prompts) => inner.Encode(prompts);

        public override Tensor Velocity(Tensor latents, double sigma, Conditioning conditioning) => inner.Velocity(latents, sigma, conditioning) + shift;

        public override FlowPolicy Clone() => throw new NotSupportedException();
    }

    [Fact]
    public void Diversity_of_equal_pictures_is_zero_and_of_opposite_ones_their_distance()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(0, ShapesEvaluation.Diversity(ones(3, 4, 12)));
        var two = stack([ones(1, 12), -ones(1, 12)], 1);                                       // [1, 2, 12]
        Assert.Equal(2, ShapesEvaluation.Diversity(two), 6);
    }
}
