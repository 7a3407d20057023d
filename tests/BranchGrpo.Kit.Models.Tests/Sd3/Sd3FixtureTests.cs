using System.Globalization;
using System.Text.Json;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Sd3;
using BranchGrpo.Kit.Native;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Sd3;

/// <summary>The transformer of SD3 and SD3.5, its text and its guidance.</summary>
public sealed class Sd3FixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Networks => Fixtures.Cases("sd3", IsNetwork);

    public static TheoryData<string> Texts => Fixtures.Cases("sd3", folder => !IsNetwork(folder));

    [FixtureTheory, MemberData(nameof(Networks))]
    public void Network(string name)
    {
        using var fixture = new FixtureCase(name, output);
        using var scope = NewDisposeScope();
        using var network = Sd3Transformer.Load(fixture.Folder, WeightFormat.Cpu);
        using (no_grad())
        {
            fixture.Near("out.sample", Run(fixture, network, Shown(fixture)), Tolerance(fixture, "out"));
            Guided(fixture, network);
            Rounded(fixture);
        }
        Table(fixture);
        Gradients(fixture, network);
        fixture.AllCompared();
        fixture.Done();
    }

    [FixtureTheory, MemberData(nameof(Networks))]
    public void Recomputed_blocks_give_the_same_gradients(string name)
    {
        using var fixture = new FixtureCase(name, output);
        using var scope = NewDisposeScope();
        using var network = Sd3Transformer.Load(fixture.Folder, WeightFormat.Cpu);
        network.Checkpointing = true;
        Gradients(fixture, network);
        fixture.Done();
    }

    [FixtureTheory, MemberData(nameof(Texts))]
    public void Text_and_guidance(string name)
    {
        using var fixture = new FixtureCase(name, output);
        using var scope = NewDisposeScope();
        foreach (var sign in new[] { "", "negative_" })
        {
            Tensor In(string part) => fixture.Tensor($"in.{sign}{part}");
            var text = Sd3Text.Assemble(In("clip_l_penultimate"), In("clip_g_penultimate"), In("t5"), In("clip_l_pooled"), In("clip_g_pooled"));
            fixture.Near($"out.{sign}prompt_embeds", text.Tokens, 0);
            fixture.Near($"out.{sign}pooled_prompt_embeds", text.Pooled, 0);
            foreach (var times in fixture.Case.GetProperty("call").GetProperty("num_images_per_prompt").EnumerateArray().Select(n => n.GetInt64()))
            {
                if (!fixture.Has($"out.{sign}prompt_embeds_x{times}")) continue;
                var repeated = text.Repeated(times);
                fixture.Near($"out.{sign}prompt_embeds_x{times}", repeated.Tokens, 0);
                // The reference puts the pooled rows in the order a, b, a, b, unlike its tokens: see Repeated.
                fixture.Near($"out.{sign}pooled_prompt_embeds_x{times}", text.Pooled.repeat(times, 1), 0);
                for (var row = 0; row < text.Pooled.shape[0] * times; row++) Assert.True(repeated.Pooled[row].Equals(text.Pooled[row / times]));
            }
        }
        var tolerance = fixture.Case.GetProperty("tolerance").GetProperty("guided").GetDouble();
        foreach (var (tensor, scale) in Scales(fixture, "out.guided_"))
            fixture.Near(tensor, Guidance.Of(fixture.Tensor("in.noise_pred_doubled"), scale), tolerance);
        fixture.AllCompared();
        fixture.Done();
    }

    private static void Guided(FixtureCase fixture, Sd3Transformer network)
    {
        if (!fixture.Has("in.negative.encoder_hidden_states")) return;
        var tolerance = Tolerance(fixture, "out");
        Tensor In(string tensor) => fixture.Tensor($"in.{tensor}");
        var (latents, timestep) = (In("hidden_states"), In("timestep"));
        var doubled = network.Forward(
            Guidance.Doubled(latents, latents), Guidance.Doubled(In("negative.encoder_hidden_states"), In("encoder_hidden_states")),
            Guidance.Doubled(In("negative.pooled_projections"), In("pooled_projections")), Guidance.Doubled(timestep, timestep));
        var halves = doubled.chunk(2, 0);
        fixture.Near("out.cfg.uncond", halves[0], tolerance);
        fixture.Near("out.cfg.text", halves[1], tolerance);
        foreach (var (tensor, scale) in Scales(fixture, "out.cfg.guided_")) fixture.Near(tensor, Guidance.Of(doubled, scale), tolerance);
    }

    // A network in bfloat16, and one in float32 with the rounded values.
    private static void Rounded(FixtureCase fixture)
    {
        if (!fixture.Has("out.bf16")) return;
        using var network = Sd3Transformer.Load(fixture.Folder, new WeightFormat(ScalarType.BFloat16, CPU));
        var (got, expected) = (Run(fixture, network).to(ScalarType.Float32), fixture.Tensor("out.bf16").to(ScalarType.Float32));
        var error = ((got - expected).square().mean() / expected.square().mean()).sqrt().item<float>();
        fixture.Note("out.bf16", error, fixture.Case.GetProperty("bf16").GetProperty("tolerance_rms_over_rms").GetDouble());
        if (!fixture.Has("out.bf16_in_fp32_arithmetic")) return;
        using var wide = Sd3Transformer.Load(fixture.Folder, WeightFormat.Cpu);
        foreach (var value in wide.state_dict().Values) value.copy_(value.to(ScalarType.BFloat16));
        fixture.Near("out.bf16_in_fp32_arithmetic", Run(fixture, wide, rounded: true), Tolerance(fixture, "out"));
    }

    // Files whose table is the published formula.
    private static void Table(FixtureCase fixture)
    {
        if (fixture.Case.TryGetProperty("position_table", out var kind) && kind.GetString()!.Contains("noise")) return;
        using var weights = Files.Checkpoint.Open(fixture.Folder);
        using var stored = weights.Read("pos_embed.pos_embed");
        var own = PatchEmbedding.Table(Sd3Config.Read(fixture.File("config.json")));
        fixture.Note("table", (own - stored).abs().max().item<float>(), 1e-6);
    }

    private static void Gradients(FixtureCase fixture, Sd3Transformer network)
    {
        var tolerance = Tolerance(fixture, "grad");
        foreach (var parameter in network.parameters()) parameter.requires_grad_(true);
        string[] names = ["hidden_states", "encoder_hidden_states", "pooled_projections"];
        var inputs = names.Select(n => fixture.Tensor($"in.{n}").clone().requires_grad_(true)).ToArray();
        var sample = network.Forward(inputs[0], inputs[1], inputs[2], fixture.Tensor("in.timestep"));
        Ops.Backward((sample * fixture.Tensor("in.cotangent")).sum());
        fixture.NearGradients(network, tolerance);
        foreach (var (input, name) in inputs.Zip(names))
            if (fixture.Has($"grad.in.{name}")) fixture.Near($"grad.in.{name}", input.grad!, tolerance);
        if (!fixture.Case.TryGetProperty("parameters_without_effect", out var stated)) return;
        var idle = stated.EnumerateArray().Select(p => p.GetString()!).ToHashSet();
        foreach (var (name, parameter) in network.named_parameters())
        {
            var moves = parameter.grad is { } gradient && gradient.abs().max().item<float>() > 0;
            Assert.True(moves != idle.Contains(name), $"{name}: has an effect or none, unlike the case says");
        }
    }

    private static Tensor Run(FixtureCase fixture, Sd3Transformer network, Probe? probe = null, bool rounded = false)
    {
        Tensor In(string tensor) => rounded ? fixture.Tensor($"in.{tensor}").to(ScalarType.BFloat16) : fixture.Tensor($"in.{tensor}");
        return network.Forward(In("hidden_states"), In("encoder_hidden_states"), In("pooled_projections"), fixture.Tensor("in.timestep"), probe);
    }

    private static Probe Shown(FixtureCase fixture) => (part, value) =>
    {
        if (fixture.Has($"mid.{part}")) fixture.Near($"mid.{part}", value, Tolerance(fixture, "mid"));
    };

    private static IEnumerable<(string Tensor, double Scale)> Scales(FixtureCase fixture, string prefix) => fixture.Io.Entries.Keys
        .Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).Select(k => (k, double.Parse(k[prefix.Length..], CultureInfo.InvariantCulture)));

    private static double Tolerance(FixtureCase fixture, string group) =>
        (fixture.Case.TryGetProperty("tolerance_same_timestep_table", out var strict) ? strict : fixture.Case.GetProperty("tolerance"))
            .GetProperty(group).GetDouble();

    private static bool IsNetwork(string folder) => File.Exists(Path.Combine(folder, "model.safetensors"));
}
