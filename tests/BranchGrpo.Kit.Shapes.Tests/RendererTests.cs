using TorchSharp;
using Xunit;
using static BranchGrpo.Kit.Shapes.Tests.Tensors;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes.Tests;

public class RendererTests
{
    private static Tensor Pictures(ulong seed, int count = 240)
    {
        using var generator = new Generator(seed);
        return ShapesRenderer.Render([.. Caption.All.Take(count)], generator);
    }

    [Fact]
    public void The_same_generator_state_gives_the_same_pictures_and_another_gives_others()
    {
        using Tensor once = Pictures(3), again = Pictures(3), other = Pictures(4);
        Assert.True(Same(once, again));
        Assert.False(Same(once, other));
    }

    [Fact]
    public void The_global_generator_is_not_touched()
    {
        using var before = random.get_rng_state();
        Pictures(3, 8).Dispose();
        new ShapesPolicy(ShapesSize.Cpu).Dispose();
        using var after = random.get_rng_state();
        Assert.True(Same(before, after));
    }

    [Fact]
    public void Clean_pictures_show_the_colour_inside_and_the_ground_outside()
    {
        using var scope = NewDisposeScope();
        var caption = Caption.Parse("large yellow square top right");
        var none = zeros(1);
        var picture = ShapesRenderer.Draw(ShapesRenderer.Attributes([caption]), zeros(1, 2), none, zeros(1, 3), none)[0];      // [3, 32, 32]
        float At(int channel, int x, int y) => picture[channel, y, x].item<float>();
        Assert.Equal((0.85, 0.85, -0.85), (At(0, 22, 10), At(1, 22, 10), At(2, 22, 10)), Comparer(1e-4));
        Assert.Equal((-0.6, -0.6, -0.6), (At(0, 4, 27), At(1, 4, 27), At(2, 4, 27)), Comparer(1e-4));
        Assert.InRange(picture.max().item<float>(), 0.84, 0.851);
    }

    [Fact]
    public void Natural_variation_has_the_stated_size()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var pictures = ShapesRenderer.Render([.. Enumerable.Repeat(Caption.Parse("small red circle top left"), 500)], generator);
        var corner = pictures.narrow(2, 26, 5).narrow(3, 26, 5);                               // ground only: [500, 3, 5, 5]
        var ground = corner.mean([1, 2, 3]);
        Assert.InRange(ground.min().item<float>(), -0.77f, -0.73f);
        Assert.InRange(ground.max().item<float>(), -0.47f, -0.43f);
        Assert.InRange((corner - ground.view(-1, 1, 1, 1)).std().item<float>(), 0.028f, 0.031f);
    }

    [Fact]
    public void The_verifier_is_always_right_on_real_pictures()
    {
        using var pictures = Pictures(11);
        Assert.All(ShapesVerifier.Verify(pictures, Caption.All), v => Assert.True(v.All, v.ToString()));
        Assert.InRange(ShapesVerifier.Verify(pictures, Caption.All).Average(v => v.Rmse), 0.08, 0.11);
    }

    [Fact]
    public void The_verifier_sees_through_strong_noise()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(12);
        var pictures = Pictures(12);
        var verdicts = ShapesVerifier.Verify(pictures + randn(pictures.shape, generator: generator) * 0.3, Caption.All);
        Assert.InRange(verdicts.Count(v => v.All), 238, 240);
    }

    [Theory]
    [InlineData(60, 240)]
    [InlineData(10, 60)]
    [InlineData(5, 10)]
    [InlineData(1, 5)]
    public void The_verifier_says_which_attribute_is_wrong(int stride, int period)
    {
        using var pictures = Pictures(13);
        Caption[] asked = [.. Caption.All.Select(c => Caption.FromIndex(c.Index / period * period + (c.Index + stride) % period))];
        var verdicts = ShapesVerifier.Verify(pictures, asked);
        var expected = (stride != 60, stride != 10, stride != 5, stride != 1, false);
        Assert.All(verdicts, v => Assert.Equal(expected, (v.Shape, v.Colour, v.Size, v.Position, v.All)));
        Assert.Equal(Caption.All, verdicts.Select(v => v.Seen));
        Assert.All(verdicts.Zip(ShapesVerifier.Verify(pictures, Caption.All)), p => Assert.True(p.First.Rmse > p.Second.Rmse));
    }

    [Fact]
    public void Captions_and_pictures_must_match_in_number()
    {
        using var pictures = Pictures(1, 8);
        Assert.Throws<ArgumentException>(() => ShapesVerifier.Verify(pictures, Caption.All));
    }

    [Fact]
    public void Patches_put_together_are_the_picture()
    {
        using var pictures = Pictures(2, 16);
        foreach (var size in ShapesSize.All)
        {
            using var latents = size.ToLatents(pictures);
            using var back = size.ToPictures(latents);
            Assert.Equal([16, size.Tokens, size.Channels], latents.shape);
            Assert.True(Same(pictures, back));
            using Tensor second = latents[0, 1], patch = pictures[0].narrow(2, size.Patch, size.Patch).narrow(1, 0, size.Patch).reshape(-1);
            Assert.True(Same(second, patch));
        }
    }

    private static IEqualityComparer<(double, double, double)> Comparer(double tolerance) => EqualityComparer<(double A, double B, double C)>.Create(
        (x, y) => Math.Abs(x.A - y.A) < tolerance && Math.Abs(x.B - y.B) < tolerance && Math.Abs(x.C - y.C) < tolerance);
}
