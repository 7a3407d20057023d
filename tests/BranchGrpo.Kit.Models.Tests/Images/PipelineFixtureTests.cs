using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using BranchGrpo.Kit.Models.Images;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Images;

public sealed partial class PipelineFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Folders => Fixtures.Cases("preprocess", folder =>
        File.ReadAllText(Path.Combine(folder, "case.json")).Contains("tolerance_hps", StringComparison.Ordinal));

    /// <summary>The hash of the last 8-bit image, and the floats behind it, of every image and pipeline that the case lists.</summary>
    [FixtureTheory]
    [MemberData(nameof(Folders))]
    public void Images_reach_the_networks_as_in_the_published_rewards(string name)
    {
        using var fixture = new FixtureCase(name, output);
        var seen = new HashSet<string>();
        foreach (var image in fixture.Case.GetProperty("images").EnumerateObject())
        {
            var picture = Picture.Read(Directory.GetFiles(Path.GetDirectoryName(fixture.Folder)!, $"{image.Name}.png", SearchOption.AllDirectories).First());
            foreach (var result in image.Value.EnumerateObject()) Compare(fixture, picture, image.Name, result.Name, result.Value, seen);
        }
        Assert.All(fixture.Io.Entries.Keys.Where(k => !k.StartsWith("in.", StringComparison.Ordinal)), key => Assert.Contains(key, seen));
        foreach (var file in Directory.GetFiles(fixture.Folder, "*.png"))
        {
            var (image, pipeline) = (Path.GetFileName(file).Split('.')[0], Path.GetFileName(file).Split('.')[1]);
            var sha = fixture.Case.GetProperty("images").GetProperty(image).GetProperty(pipeline).GetProperty("sha256_u8").GetString();
            fixture.Note($"{pipeline}.{image}.png", Hash(Picture.Read(file)) == sha ? 0 : 1, 0);
        }
        fixture.Done();
    }

    private static void Compare(FixtureCase fixture, Picture picture, string image, string pipeline, JsonElement expected, HashSet<string> seen)
    {
        using var scope = NewDisposeScope();
        var size = expected.GetProperty("shape").EnumerateArray().Select(v => v.GetInt32()).ToArray();
        var built = Pipeline(fixture, pipeline, size[1..].Max());
        double tolerance;
        Tensor values;
        if (built is CropPipeline crop)
        {
            tolerance = fixture.Case.GetProperty("tolerance_float_of_8bit_pipelines").GetDouble();
            var levels = crop.Levels(picture);
            fixture.Note($"{pipeline}.{image}.sha256_u8", Hash(levels) == expected.GetProperty("sha256_u8").GetString() ? 0 : 1, 0);
            values = crop.Apply(picture);
            using var bytes = tensor(levels.Bytes.ToArray(), [levels.Height, levels.Width, 3], ScalarType.Byte);   // [H, W, 3]
            var key = $"out.{pipeline}.{image}.u8_sample";
            if (fixture.Has(key) && seen.Add(key)) fixture.Near(key, Sample(bytes, 0, expected, fixture.Io.Entries[key].Shape[1]), 0);
        }
        else
        {
            tolerance = fixture.Case.GetProperty("tolerance_hps").GetProperty(pipeline).GetDouble();
            values = ((LetterboxPipeline)built).ApplyWithAlpha(picture);
            Assert.Equal([3, built.Height, built.Width], built.Apply(picture).shape);
            if (size[1] != size[2]) values = WithoutBars(values, (LetterboxPipeline)built, picture);
        }
        Assert.Equal(size.Select(s => (long)s), values.shape);
        foreach (var suffix in new[] { "sample", "row_mean", "column_mean" })
        {
            var key = $"out.{pipeline}.{image}.{suffix}";
            if (!fixture.Has(key) || !seen.Add(key)) continue;
            var got = suffix == "sample" ? Sample(values, 1, expected, fixture.Io.Entries[key].Shape[^1]) : values.mean([suffix == "row_mean" ? 2 : 1]);
            fixture.Near(key, got, tolerance);
        }
        var largest = values.abs().max().item<float>();
        foreach (var (key, got) in Numbers(values))
            if (expected.TryGetProperty(key, out var number)) fixture.Note($"{pipeline}.{image}.{key}", Distance(number, got) / largest, tolerance);
    }

    private static IEnumerable<(string, double[])> Numbers(Tensor values)
    {
        var exact = values.to(ScalarType.Float64).flatten(1);
        yield return ("mean", exact.mean([1]).data<double>().ToArray());
        yield return ("std", exact.std([1], unbiased: false).data<double>().ToArray());
        yield return ("min", [exact.min().item<double>()]);
        yield return ("max", [exact.max().item<double>()]);
    }

    private static double Distance(JsonElement expected, double[] got)
    {
        double[] numbers = expected.ValueKind == JsonValueKind.Array ? [.. expected.EnumerateArray().Select(v => v.GetDouble())] : [expected.GetDouble()];
        return numbers.Length == got.Length ? numbers.Zip(got, (a, b) => Math.Abs(a - b)).Max() : double.PositiveInfinity;
    }

    /// <summary>The published transform gives no bars to an image whose longest side has the right size.</summary>
    private static Tensor WithoutBars(Tensor values, LetterboxPipeline pipeline, Picture picture)
    {
        var (top, left, height, width) = pipeline.Place(picture.Height, picture.Width);
        var bars = values.clone();
        bars.narrow(1, top, height).narrow(2, left, width).zero_();
        using var black = pipeline.Normalisation.Apply(zeros(3, pipeline.Height, pipeline.Width));
        black.narrow(1, top, height).narrow(2, left, width).zero_();
        Assert.Equal(0, (bars.narrow(0, 0, 3) - black).abs().max().item<float>());
        return values.narrow(1, top, height).narrow(2, left, width);
    }

    /// <summary>The listed rows and columns; floats of the 8-bit pipelines are stored for every second one.</summary>
    private static Tensor Sample(Tensor x, int axis, JsonElement expected, long columns) =>
        x.index_select(axis, Indices(expected, "sample_rows", columns)).index_select(axis + 1, Indices(expected, "sample_columns", columns));

    private static Tensor Indices(JsonElement expected, string key, long columns)
    {
        long[] indices = [.. expected.GetProperty(key).EnumerateArray().Select(v => v.GetInt64())];
        var step = Math.Max(1, (expected.GetProperty("sample_columns").GetArrayLength() - 1) / Math.Max(1, columns - 1));
        return tensor(indices.Where((_, i) => i % step == 0).ToArray());
    }

    private static ImagePipeline Pipeline(FixtureCase fixture, string name, int size)
    {
        var normalisation = new ImageNormalisation([.. Colours("mean")], [.. Colours("std")]);
        var config = fixture.File("preprocessor_config.json");
        return TrailingSize().Replace(name, "") switch
        {
            "hps_antialias" => ImagePipeline.Hps(size, true, normalisation),
            "hps_no_antialias" => ImagePipeline.Hps(size, false, normalisation),
            "hf_clip" => File.Exists(config) ? ImagePipeline.ReadHfClip(config) : ImagePipeline.HfClip(size, normalisation),
            "openclip_shortest" => ImagePipeline.OpenClipShortest(size, normalisation),
            "openclip_squash" => ImagePipeline.OpenClipSquash(size, normalisation),
            "imagereward" => ImagePipeline.ImageReward(size, normalisation),
            _ => throw new InvalidDataException($"no pipeline {name}"),
        };

        IEnumerable<float> Colours(string key) => fixture.Case.GetProperty(key).EnumerateArray().Select(v => v.GetSingle());
    }

    private static string Hash(Picture picture) => Convert.ToHexStringLower(SHA256.HashData(picture.Bytes));

    [GeneratedRegex(@"_\d+$")]
    private static partial Regex TrailingSize();
}
