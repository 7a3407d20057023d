using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Flux;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Native;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests;

public sealed class FluxFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Networks => Fixtures.Cases("flux", f => File.Exists(Path.Combine(f, "model.safetensors"))
        && !Directory.Exists(Path.Combine(f, "peft")));

    public static TheoryData<string> Packings => Fixtures.Cases("flux", f => !File.Exists(Path.Combine(f, "model.safetensors")));

    [Theory]
    [MemberData(nameof(Networks))]
    public void Values_between_and_out(string name)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var c = new FixtureCase(name, output);
        using var network = FluxCase.Network(c);
        var seen = new HashSet<string>();
        Probe probe = (part, value) =>
        {
            if (part == "rope")
            {
                Compare("mid.rope_cos", value.real.squeeze(1).repeat_interleave(2, 1));
                Compare("mid.rope_sin", value.imag.squeeze(1).repeat_interleave(2, 1));
            }
            else if (c.Has($"mid.{part}")) Compare($"mid.{part}", value);
        };
        Compare("out.sample", network.Forward(FluxCase.Input(c), probe));
        Assert.Empty(c.Io.Entries.Keys.Where(k => (k.StartsWith("mid.") || k.StartsWith("out.")) && !k.Contains("bf16")).Except(seen));
        c.Done();

        void Compare(string tensor, Tensor got)
        {
            seen.Add(tensor);
            c.Near(tensor, got, c.Strict(tensor.Split('.')[0]));
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Gradients(string name) => CompareGradients(name, checkpointing: false);

    [Theory]
    [MemberData(nameof(Networks))]
    public void Gradients_of_recomputed_blocks(string name) => CompareGradients(name, checkpointing: true);

    private void CompareGradients(string name, bool checkpointing)
    {
        using var scope = NewDisposeScope();
        using var c = new FixtureCase(name, output);
        using var network = FluxCase.Network(c);
        network.Checkpointing = checkpointing;
        var input = FluxCase.Input(c, gradients: true);
        var parameters = network.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        foreach (var parameter in parameters.Values) parameter.requires_grad_(true);
        var sample = network.Forward(input);
        c.Near("out.sample", sample, c.Strict("out"));
        Ops.Backward(sample.mul(c.Tensor("in.cotangent")).sum());
        string[] without = [.. c.Case.GetProperty("parameters_without_effect").EnumerateArray().Select(e => e.GetString()!)];
        foreach (var gradient in c.Io.Entries.Keys.Where(k => k.StartsWith("grad.")))
        {
            var of = gradient["grad.".Length..];
            var tensor = of.StartsWith("in.") ? FluxCase.Named(input, of) : parameters[of];
            c.Near(gradient, tensor.grad ?? zeros_like(tensor), c.Strict("grad"));
        }
        Assert.All(parameters.Where(p => !without.Contains(p.Key)), p => Assert.True(p.Value.grad is not null, $"{p.Key}: no gradient"));
        c.Done();
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Bfloat16(string name)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var c = new FixtureCase(name, output);
        var limit = c.Case.GetProperty("bf16").GetProperty("tolerance_rms_over_rms").GetDouble();
        using var network = FluxCase.Network(c, ScalarType.BFloat16);
        var input = FluxCase.Input(c).Rounded();
        Rms("out.bf16", network.Forward(input, (part, value) =>
        {
            if (c.Has($"mid.bf16.{part}")) Rms($"mid.bf16.{part}", value);
        }));

        using var rounded = FluxCase.Network(c);
        foreach (var parameter in rounded.parameters()) parameter.copy_(parameter.to(ScalarType.BFloat16));
        Rms("out.bf16_in_fp32_arithmetic", rounded.Forward(input.Widened(c.Case.GetProperty("bf16"))));
        c.Done();

        void Rms(string tensor, Tensor got)
        {
            var expected = c.Tensor(tensor).to(ScalarType.Float64);
            Assert.Equal(expected.shape, got.shape);
            c.Note(tensor, ((got.to(ScalarType.Float64) - expected).norm() / expected.norm()).item<double>(), limit);
        }
    }

    [Theory]
    [MemberData(nameof(Packings))]
    public void Packing(string name)
    {
        using var scope = NewDisposeScope();
        using var c = new FixtureCase(name, output);
        var call = c.Case.GetProperty("call");
        foreach (var pack in call.GetProperty("pack").EnumerateArray()) c.Near(Text(pack, "out"), FluxLatents.Pack(c.Tensor(Text(pack, "in"))), 0);
        foreach (var unpack in call.GetProperty("unpack").EnumerateArray())
        {
            var (rows, columns) = FluxLatents.Grid(Number(unpack, "pixel_height"), Number(unpack, "pixel_width"), (int)Number(unpack, "vae_scale_factor"));
            var pixels = FluxLatents.Unpack(c.Tensor(Text(unpack, "in")), rows, columns);
            c.Near(Text(unpack, "out"), pixels, 0);
            Assert.True(FluxLatents.Pack(pixels).Equals(c.Tensor(Text(unpack, "in"))));
        }
        foreach (var ids in call.GetProperty("ids").EnumerateArray())
            c.Near(Text(ids, "out"), FluxLatents.Ids(Number(ids, "token_rows"), Number(ids, "token_columns")), 0);
        var named = new[] { "pack", "unpack", "ids" }.SelectMany(kind => call.GetProperty(kind).EnumerateArray()).Select(e => Text(e, "out"));
        Assert.Empty(c.Io.Entries.Keys.Where(k => k.StartsWith("out.")).Except(named));
        c.Done();

        static string Text(System.Text.Json.JsonElement e, string key) => e.GetProperty(key).GetString()!;

        static long Number(System.Text.Json.JsonElement e, string key) => e.GetProperty(key).GetInt64();
    }
}
