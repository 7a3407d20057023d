using BranchGrpo.Kit.Models.Flux;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests;

public sealed class FluxConfigTests : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");

    public void Dispose() => File.Delete(path);

    [Fact]
    public void Absent_keys_have_the_published_defaults()
    {
        Assert.Equal(new FluxConfig(), Read("{}"));
        var dev = Read("""{ "out_channels": null, "guidance_embeds": true, "in_channels": 64 }""");
        Assert.Equal((64, true, 3072), (dev.OutChannels, dev.GuidanceEmbeds, dev.Width));
    }

    [Fact]
    public void What_was_written_is_read()
    {
        foreach (var config in new[] { TinyFlux.Config, TinyFlux.Config with { OutChannels = 5, GuidanceEmbeds = false } })
        {
            config.Write(path);
            Assert.Equal(config, FluxConfig.Read(path));
        }
    }

    [Theory]
    [InlineData("""{ "axes_dims_rope": [16, 56, 55] }""", "attention_head_dim")]
    [InlineData("""{ "axes_dims_rope": [17, 55, 56] }""", "even")]
    [InlineData("""{ "_class_name": "SD3Transformer2DModel" }""", "FluxTransformer2DModel")]
    [InlineData("""{ "patch_size": 2 }""", "expected 1")]
    [InlineData("""{ "num_layers": -1 }""", "num_layers")]
    [InlineData("""{ "axes_dims_rope": 3 }""", "axes_dims_rope")]
    [InlineData("nonsense", "JSON")]
    public void What_does_not_fit_is_named(string json, string named) => Assert.Contains(named, Assert.Throws<InvalidDataException>(() => Read(json)).Message);

    [Fact]
    public void Packing_names_what_does_not_fit()
    {
        using var scope = NewDisposeScope();
        Assert.Contains("even H and W", Assert.Throws<ArgumentException>(() => FluxLatents.Pack(zeros(1, 4, 5, 6))).Message);
        Assert.Contains("3 x 3", Assert.Throws<ArgumentException>(() => FluxLatents.Unpack(zeros(1, 8, 16), 3, 3)).Message);
        Assert.Equal((45, 45), FluxLatents.Grid(720, 720));
    }

    private FluxConfig Read(string json)
    {
        File.WriteAllText(path, json);
        return FluxConfig.Read(path);
    }
}
