using System.Text.Json;
using BranchGrpo.Kit.Models.Images;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Images;

public sealed class ResizeFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Pillow => Fixtures.Cases("resize", folder => FirstCase(folder).TryGetProperty("filter", out _));

    public static TheoryData<string> Torch => Fixtures.Cases("resize", folder => !FirstCase(folder).TryGetProperty("filter", out _));

    [FixtureTheory]
    [MemberData(nameof(Pillow))]
    public void Bytes_equal_those_of_Pillow(string name)
    {
        using var fixture = new FixtureCase(name, output);
        var cases = fixture.Case.GetProperty("cases");
        foreach (var entry in cases.EnumerateObject())
        {
            var mode = PictureFixtureTests.Modes[entry.Value.GetProperty("mode").GetString()!];
            using var stored = fixture.Tensor($"in.{entry.Name}");
            var picture = new Picture((int)stored.shape[1], (int)stored.shape[0], mode, stored.data<byte>().ToArray(),
                mode == PictureMode.Palette ? new byte[768] : []);
            var filter = Enum.Parse<ResampleFilter>(entry.Value.GetProperty("filter").GetString()!.Split(' ')[0], ignoreCase: true);
            var got = PilResize.Resize(picture, entry.Value.GetProperty("new_width").GetInt32(), entry.Value.GetProperty("new_height").GetInt32(), filter);
            using var bytes = tensor(got.Bytes.ToArray(), [got.Height, got.Width, got.Channels], ScalarType.Byte);
            fixture.Near($"out.{entry.Name}", bytes, 0);
        }
        Assert.All(fixture.Io.Entries.Keys, tensor => Assert.True(cases.TryGetProperty(tensor[(tensor.IndexOf('.') + 1)..], out _), tensor));
        fixture.Done();
    }

    [FixtureTheory]
    [MemberData(nameof(Torch))]
    public void Values_and_gradients_equal_those_of_torch(string name)
    {
        using var fixture = new FixtureCase(name, output);
        var tolerance = fixture.Case.GetProperty("tolerance").GetDouble();
        foreach (var key in fixture.Io.Entries.Keys.Where(k => k.StartsWith("out.", StringComparison.Ordinal)))
        {
            using var scope = NewDisposeScope();
            var (entry, how) = (key.Split('.')[1], key.Split('.')[2..]);
            var size = fixture.Case.GetProperty("cases").GetProperty(entry);
            int height = size.GetProperty("new_height").GetInt32(), width = size.GetProperty("new_width").GetInt32();
            var x = fixture.Tensor($"in.{entry}");
            if (how is ["pil"])
            {
                var levels = x.permute(1, 2, 0).contiguous();
                var picture = new Picture((int)x.shape[2], (int)x.shape[1], PictureMode.Rgb, levels.data<byte>().ToArray());
                var got = PilResize.Resize(picture, width, height);
                fixture.Near(key, tensor(got.Bytes.ToArray(), [height, width, 3], ScalarType.Byte).permute(2, 0, 1), 0);
                continue;
            }
            var filter = Enum.Parse<ResampleFilter>(how[0], ignoreCase: true);
            if (x.dtype == ScalarType.Byte)
            {
                fixture.Near(key, TorchResize.Levels(x, height, width, filter), 0);
                continue;
            }
            x = x.clone().requires_grad_(true);
            var y = how[1] == "antialias" ? TorchResize.Antialias(x, height, width, filter) : TorchResize.Plain(x, height, width, filter);
            fixture.Near(key, y, tolerance);
            var rest = key["out.".Length..];
            if (!fixture.Has($"in.{rest}.cotangent")) continue;
            (y * fixture.Tensor($"in.{rest}.cotangent")).sum().backward();
            fixture.Near($"grad.{rest}.in", x.grad!, tolerance);
        }
        fixture.Done();
        Assert.All(fixture.Io.Entries.Keys.Where(k => k.StartsWith("grad.", StringComparison.Ordinal)),
            key => Assert.True(fixture.Has($"out.{key["grad.".Length..^".in".Length]}"), key));
    }

    private static JsonElement FirstCase(string folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json")));
        return document.RootElement.GetProperty("cases").EnumerateObject().First().Value.Clone();
    }
}
