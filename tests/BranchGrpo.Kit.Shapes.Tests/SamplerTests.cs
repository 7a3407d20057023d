using BranchGrpo.Kit.Shapes.Networks;
using Xunit;
using static BranchGrpo.Kit.Shapes.Tests.Tensors;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes.Tests;

public class SamplerTests
{
    /// <summary>v(x, σ) = σ, so that n Euler steps subtract the mean of 1, (n − 1)/n, …, 1/n.</summary>
    private sealed class Ramp : FlowPolicy
    {
        private readonly Dense network = new(1, 1, null);

        public List<double> Sigmas { get; } = [];

        public override nn.Module Network => network;

        public override IReadOnlyList<long> LatentShape => [4, 8];

        public override Conditioning Encode(IReadOnlyList<string> prompts) => new(zeros(prompts.Count).DetachFromDisposeScope());

        public override Tensor Velocity(Tensor latents, double sigma, Conditioning conditioning)
        {
            Sigmas.Add(sigma);
            return full_like(latents, sigma);
        }

        public override FlowPolicy Clone() => new Ramp();
    }

    [Fact]
    public void Euler_steps_are_equal_and_end_at_zero()
    {
        using var policy = new Ramp();
        using Tensor noise = Noise(1, 2, 4, 8), latents = ShapesSampler.Sample(policy, ["a", "b"], 4, noise), expected = noise - 0.625;
        Assert.Equal([1, 0.75, 0.5, 0.25], policy.Sigmas);
        Assert.InRange(Difference(latents, expected), 0, 1e-6);
    }

    [Fact]
    public void A_seed_fixes_the_noise_and_the_noise_stays_the_callers()
    {
        using var policy = new Ramp();
        using Tensor noise = Noise(6, 2, 4, 8), kept = noise.clone(), given = ShapesSampler.Sample(policy, ["a", "b"], 3, noise);
        using Tensor seeded = ShapesSampler.Sample(policy, ["a", "b"], 3, 6), other = ShapesSampler.Sample(policy, ["a", "b"], 3, 7);
        Assert.True(Same(noise, kept));
        Assert.True(Same(given, seeded));
        Assert.False(Same(given, other));
        Assert.Throws<ArgumentOutOfRangeException>(() => ShapesSampler.Sample(policy, ["a"], 0, 1));
    }
}
