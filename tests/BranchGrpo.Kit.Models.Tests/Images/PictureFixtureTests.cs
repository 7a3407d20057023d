using System.Security.Cryptography;
using System.Text.Json;
using BranchGrpo.Kit.Models.Images;
using Xunit.Abstractions;

namespace BranchGrpo.Kit.Models.Tests.Images;

public sealed class PictureFixtureTests(ITestOutputHelper output)
{
    internal static readonly Dictionary<string, PictureMode> Modes = new()
    {
        ["1"] = PictureMode.Bit, ["L"] = PictureMode.Grey, ["LA"] = PictureMode.GreyAlpha, ["P"] = PictureMode.Palette,
        ["RGB"] = PictureMode.Rgb, ["RGBA"] = PictureMode.Rgba,
    };

    public static TheoryData<string> Folders => Fixtures.Cases("preprocess", folder => Directory.GetFiles(folder, "*.png").Length > 0 && Images(folder));

    /// <summary>Mode, size and every byte of each file, and of its conversion to colours.</summary>
    [FixtureTheory]
    [MemberData(nameof(Folders))]
    public void Files_are_read_in_their_own_mode(string name)
    {
        using var fixture = new FixtureCase(name, output);
        var raw = File.Exists(fixture.File("io.safetensors"));
        foreach (var image in fixture.Case.GetProperty("images").EnumerateObject())
        {
            var picture = Picture.Read(fixture.File($"{image.Name}.png"));
            Assert.Equal(Modes[image.Value.GetProperty("mode").GetString()!], picture.Mode);
            Assert.Equal(image.Value.GetProperty("width").GetInt32(), picture.Width);
            Assert.Equal(image.Value.GetProperty("height").GetInt32(), picture.Height);
            byte[] stored = picture.Mode == PictureMode.Bit ? [.. picture.Bytes.ToArray().Select(b => (byte)(b / 255))] : picture.Bytes.ToArray();
            fixture.Note($"{image.Name}.stored", Differs(image.Value, "sha256_stored", stored), 0);
            fixture.Note($"{image.Name}.rgb", Differs(image.Value, "sha256_rgb", picture.ToRgb().Bytes), 0);
            if (raw && fixture.Has($"{image.Name}.rgb")) Assert.Equal(fixture.Tensor($"{image.Name}.rgb").data<byte>().ToArray(),
                picture.ToRgb().Bytes.ToArray());
        }
        if (raw) Assert.All(fixture.Io.Entries.Keys, tensor =>
            Assert.True(fixture.Case.GetProperty("images").TryGetProperty(tensor[..^".rgb".Length], out _), tensor));
        fixture.Done();
    }

    private static bool Images(string folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json")));
        return document.RootElement.TryGetProperty("images", out var images)
            && images.EnumerateObject().Any(i => i.Value.TryGetProperty("sha256_stored", out _));
    }

    private static double Differs(JsonElement image, string key, ReadOnlySpan<byte> bytes) =>
        image.GetProperty(key).GetString() == Convert.ToHexStringLower(SHA256.HashData(bytes)) ? 0 : 1;
}
