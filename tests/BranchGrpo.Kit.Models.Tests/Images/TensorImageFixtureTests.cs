using BranchGrpo.Kit.Models.Images;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Images;

public sealed class TensorImageFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Conversions => Fixtures.Cases("preprocess", folder =>
        File.Exists(Path.Combine(folder, "io.safetensors")) && Files.Checkpoint.Open(Path.Combine(folder, "io.safetensors")) is var io
        && io.Entries.Keys.Any(k => k.StartsWith("in.unit", StringComparison.Ordinal) || k.StartsWith("in.vae", StringComparison.Ordinal)));

    [FixtureTheory]
    [MemberData(nameof(Conversions))]
    public void Bytes_equal_those_of_the_published_runs(string name)
    {
        using var fixture = new FixtureCase(name, output);
        foreach (var key in fixture.Io.Entries.Keys.Where(k => k.StartsWith("out.", StringComparison.Ordinal)))
        {
            using var scope = NewDisposeScope();
            var upcast = key.EndsWith("_upcast_first_image", StringComparison.Ordinal);
            var unit = key.StartsWith("out.unit", StringComparison.Ordinal);
            // out.unit_uint8 comes from in.unit_float, out.vae_bf16_image from in.vae_bf16.
            var source = unit ? fixture.Io.Entries.Keys.First(k => k.StartsWith("in.unit", StringComparison.Ordinal))
                : $"in.{key["out.".Length..].Replace("_upcast_first", "", StringComparison.Ordinal)[..^"_image".Length]}";
            var x = fixture.Tensor(source);
            if (upcast) x = x.to(ScalarType.Float32);
            Picture[] pictures = [.. Enumerable.Range(0, (int)x.shape[0]).Select(i => unit ? Picture.FromUnit(x[i]) : Picture.FromSigned(x[i]))];
            var got = stack(pictures.Select(p => tensor(p.Bytes.ToArray(), [p.Height, p.Width, 3], ScalarType.Byte)).ToArray());   // [B, H, W, 3]
            fixture.Near(key, unit ? got.permute(0, 3, 1, 2) : got, 0);
        }
        fixture.Done();
    }

    [Fact]
    public void Levels_survive_the_way_through_a_tensor()
    {
        var picture = new Picture(16, 16, PictureMode.Grey, [.. Enumerable.Range(0, 256).Select(i => (byte)i)]).ToRgb();
        using var unit = picture.ToTensor();
        using var signed = unit * 2 - 1;
        Assert.Equal(picture.Bytes.ToArray(), Picture.FromUnit(unit).Bytes.ToArray());
        Assert.Equal(picture.Bytes.ToArray(), Picture.FromSigned(signed).Bytes.ToArray());
    }

    [Fact]
    public void Values_that_are_not_finite_are_refused()
    {
        using var values = zeros(3, 2, 2);
        values[0, 1, 1] = double.NaN;
        Assert.Contains("not finite", Assert.Throws<ArgumentException>(() => Picture.FromSigned(values)).Message, StringComparison.Ordinal);
    }
}
