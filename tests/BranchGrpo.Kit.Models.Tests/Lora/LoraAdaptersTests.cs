using BranchGrpo.Kit.Models.Flux;
using BranchGrpo.Kit.Models.Lora;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests;

public sealed class LoraAdaptersTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lora").FullName;

    public void Dispose() => Directory.Delete(folder, true);

    [Fact]
    public void New_adapters_change_nothing_and_can_learn()
    {
        using var scope = NewDisposeScope();
        using var network = TinyFlux.Network();
        var input = TinyFlux.Input();
        var before = network.Forward(input);
        using var adapters = LoraAdapters.Attach(network, new LoraOptions { Rank = 8, Alpha = 4 }, new Generator(1));
        Assert.True(network.Forward(input).Equals(before));
        Native.Ops.Backward(network.Forward(input).square().mean());
        Assert.All(adapters.Parameters(), p => Assert.Equal(p.Name.EndsWith("lora_B.weight"), p.Value.grad!.abs().max().item<float>() > 0));
        var a = adapters.Parameters().First(p => p.Name.EndsWith("lora_A.weight")).Value;
        Assert.InRange(a.abs().max().item<float>() * Math.Sqrt(a.shape[1]), 0.9, 1);
    }

    [Fact]
    public void Over_bfloat16_weights_the_update_is_computed_in_float32()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var layer = new Layers.Linear(64, 32, new Layers.WeightFormat(ScalarType.BFloat16, CPU));
        foreach (var p in layer.parameters()) p.copy_(randn(p.shape, generator: new Generator(1)));
        using var network = new Wrapper(layer);
        using var adapters = LoraAdapters.Attach(network, new LoraOptions { Rank = 4, Alpha = 6, Targets = ["layer"] }, new Generator(2));
        Draw(adapters);
        var (a, b) = (adapters.Parameters()[0].Value, adapters.Parameters()[1].Value);
        Assert.Equal((ScalarType.Float32, ScalarType.Float32), (a.dtype, b.dtype));
        var x = randn([5, 64], generator: new Generator(3)).to(ScalarType.BFloat16);
        var on = layer.Forward(x);
        adapters.Enabled = false;
        var sum = layer.Forward(x).to(ScalarType.Float64) + 1.5 * nn.functional.linear(nn.functional.linear(x.to(ScalarType.Float64),
            a.to(ScalarType.Float64)), b.to(ScalarType.Float64));
        Assert.Equal(ScalarType.BFloat16, on.dtype);
        Assert.True(((on.to(ScalarType.Float64) - sum).abs() / sum.abs().clamp_min(1)).max().item<double>() < 1.0 / 256);
        Assert.True(on.Equals(sum.to(ScalarType.BFloat16)) || (on.to(ScalarType.Float64) - sum).norm().item<double>() / sum.norm().item<double>() < 0.002);
    }

    [Fact]
    public void Saved_and_loaded_again_with_ranks_and_alphas_of_their_own()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var network = TinyFlux.Network();
        var input = TinyFlux.Input();
        using (var adapters = LoraAdapters.Attach(network, new LoraOptions { Rank = 4, Alpha = 10, Targets = ["attn.to_q", "proj_out"] }, new Generator(1)))
        {
            Draw(adapters);
            adapters.Save(folder, LoraFormat.Peft);
        }
        var config = Path.Combine(folder, "adapter_config.json");
        File.WriteAllText(config, File.ReadAllText(config)
            .Replace("\"alpha_pattern\": {}", """ "alpha_pattern": { "to_q": 3, "transformer_blocks.0.proj_out": 7 } """).Replace("\"use_rslora\": false",
                "\"use_rslora\": true"));
        using var changed = LoraAdapters.Load(network, folder);
        var expected = network.Forward(input);
        changed.Save(Path.Combine(folder, "a.safetensors"), LoraFormat.Diffusers);
        changed.Save(Path.Combine(folder, "b"), LoraFormat.Peft);
        changed.Dispose();
        Assert.False(network.Forward(input).Equals(expected));
        foreach (var path in new[] { "a.safetensors", "b" })
        {
            using var again = LoraAdapters.Load(network, Path.Combine(folder, path));
            Assert.True((network.Forward(input) - expected).abs().max().item<float>() < 1e-5, path);
        }
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        using var network = TinyFlux.Network();
        using var other = TinyFlux.Network(TinyFlux.Config with { SingleLayers = 1 });
        using var wider = TinyFlux.Network(TinyFlux.Config with { Heads = 2 });
        Assert.Contains("to_z", Assert.Throws<ArgumentException>(() => LoraAdapters.Attach(network, new LoraOptions { Targets = ["to_z"] },
            new Generator(1))).Message);
        Assert.Throws<ArgumentException>(() => LoraAdapters.Attach(network, new LoraOptions { Targets = ["q"] }, new Generator(1)));
        using (var adapters = LoraAdapters.Attach(network, new LoraOptions { Rank = 2 }, new Generator(1)))
        {
            Assert.Contains("already", Assert.Throws<InvalidOperationException>(() => LoraAdapters.Attach(network, new LoraOptions(),
                new Generator(1))).Message);
            adapters.Save(folder, LoraFormat.Peft);
        }
        Assert.Contains("single_transformer_blocks.1", Assert.Throws<InvalidDataException>(() => LoraAdapters.Load(other, folder)).Message);
        Assert.Contains("expected [2, 32], found [2, 48]", Assert.Throws<InvalidDataException>(() => LoraAdapters.Load(wider, folder)).Message);
        Assert.All(other.modules().Concat(wider.modules()).OfType<Layers.Linear>(), l => Assert.Null(l.Adapter));
        var config = Path.Combine(folder, "adapter_config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"use_dora\": false", "\"use_dora\": true"));
        Assert.Contains("use_dora", Assert.Throws<NotSupportedException>(() => LoraAdapters.Load(network, folder)).Message);
        File.WriteAllText(config, """{ "lora_alpha": 3 }""");
        Assert.Contains("r is missing", Assert.Throws<InvalidDataException>(() => LoraAdapters.Load(network, folder)).Message);
        Assert.Contains("pytorch_lora_weights", Assert.Throws<FileNotFoundException>(() => LoraAdapters.Load(network, Path.Combine(folder, "none"))).Message);
    }

    private static void Draw(LoraAdapters adapters)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var generator = new Generator(9);
        foreach (var (_, parameter) in adapters.Parameters()) parameter.copy_(randn(parameter.shape, generator: generator) * 0.2);
    }

    private sealed class Wrapper : Layers.NamedModule
    {
        public Wrapper(Layers.Linear layer) : base(nameof(Wrapper)) => Add("layer", layer);
    }
}
