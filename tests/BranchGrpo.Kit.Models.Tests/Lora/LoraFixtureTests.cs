using BranchGrpo.Kit.Models.Flux;
using BranchGrpo.Kit.Models.Lora;
using BranchGrpo.Kit.Native;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests;

public sealed class LoraFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Cases => Fixtures.Cases("flux", f => Directory.Exists(Path.Combine(f, "peft")));

    [Theory]
    [MemberData(nameof(Cases))]
    public void On_off_merged_and_gradients(string name) => Compare(name, checkpointing: false);

    [Theory]
    [MemberData(nameof(Cases))]
    public void On_off_merged_and_gradients_of_recomputed_blocks(string name) => Compare(name, checkpointing: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Attached_layers_are_those_of_the_reference(string name)
    {
        using var c = new FixtureCase(name, output);
        using var network = FluxCase.Network(c);
        var call = c.Case.GetProperty("call");
        var options = new LoraOptions
        {
            Rank = call.GetProperty("r").GetInt32(), Alpha = call.GetProperty("lora_alpha").GetDouble(),
            Targets = [.. call.GetProperty("target_modules").EnumerateArray().Select(t => t.GetString()!)],
        };
        using var adapters = LoraAdapters.Attach(network, options, new Generator(1));
        Assert.Equal(c.Case.GetProperty("adapted_modules").EnumerateArray().Select(m => m.GetString()!).Order(StringComparer.Ordinal), adapters.Layers);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Saved_adapters_are_those_of_the_reference(string name)
    {
        using var c = new FixtureCase(name, output);
        using var network = FluxCase.Network(c);
        var folder = Directory.CreateTempSubdirectory("lora").FullName;
        try
        {
            using var adapters = LoraAdapters.Load(network, c.File("peft"));
            adapters.Save(folder, LoraFormat.Peft);
            adapters.Save(folder, LoraFormat.Diffusers);
            Same(Path.Combine(folder, "adapter_model.safetensors"), c.File("peft/adapter_model.safetensors"));
            Same(Path.Combine(folder, "pytorch_lora_weights.safetensors"), c.File("diffusers/pytorch_lora_weights.safetensors"));
            using var scope = NewDisposeScope();
            using var quiet = no_grad();
            var input = FluxCase.Input(c);
            var expected = network.Forward(input);
            adapters.Dispose();
            foreach (var path in new[] { folder, Path.Combine(folder, "pytorch_lora_weights.safetensors") })
            {
                using var again = LoraAdapters.Load(network, path);
                Assert.True(network.Forward(input).Equals(expected), path);
            }
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private void Compare(string name, bool checkpointing)
    {
        using var scope = NewDisposeScope();
        using var c = new FixtureCase(name, output);
        using var network = FluxCase.Network(c);
        network.Checkpointing = checkpointing;
        var seen = new HashSet<string>();
        var input = FluxCase.Input(c);
        Near("out.off", network.Forward(input));
        foreach (var (folder, tensor) in new[] { ("diffusers_without_metadata", "out.on_without_metadata"), ("diffusers", "out.on") })
        {
            using var adapters = LoraAdapters.Load(network, c.File(folder));
            Near(tensor, network.Forward(input));
        }
        Near("out.off", network.Forward(input));

        using (var adapters = LoraAdapters.Load(network, c.File("peft")))
        {
            input = FluxCase.Input(c, gradients: true);
            Gradients(c, adapters, input, network.Forward(input), Near);
            adapters.Enabled = false;
            Near("out.off", network.Forward(input));
            foreach (var tensor in c.Io.Entries.Keys.Where(k => k.StartsWith("out.merged_weight.")))
                Near(tensor, adapters.MergedWeight(tensor["out.merged_weight.".Length..^".weight".Length]));
            adapters.Merge();
            Near("out.merged", network.Forward(input));
        }
        Near("out.merged", network.Forward(input));
        Assert.Empty(c.Io.Entries.Keys.Where(k => !k.StartsWith("in.")).Except(seen));
        c.Done();

        void Near(string tensor, Tensor got)
        {
            seen.Add(tensor);
            c.Near(tensor, got, c.Strict(tensor.Split('.')[0]));
        }
    }

    private static void Gradients(FixtureCase c, LoraAdapters adapters, FluxInput input, Tensor sample, Action<string, Tensor> near)
    {
        near("out.on", sample);
        Ops.Backward(sample.mul(c.Tensor("in.cotangent")).sum());
        var parameters = adapters.Parameters().ToDictionary(p => p.Name, p => p.Value);
        foreach (var gradient in c.Io.Entries.Keys.Where(k => k.StartsWith("grad.")))
        {
            var of = gradient["grad.".Length..];
            var tensor = of.StartsWith("in.") ? FluxCase.Named(input, of) : parameters[of];
            near(gradient, tensor.grad ?? zeros_like(tensor));
        }
    }

    private static void Same(string written, string reference)
    {
        using SafeTensorFile a = SafeTensors.Read(written), b = SafeTensors.Read(reference);
        Assert.Equal(b.Tensors.Keys.Order(StringComparer.Ordinal), a.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.All(b.Tensors, t => Assert.True(t.Value.Equals(a.Tensors[t.Key]), t.Key));
        Assert.Equal(b.Metadata.Keys.Order(StringComparer.Ordinal), a.Metadata.Keys.Order(StringComparer.Ordinal));
    }
}
