using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Vae;
using BranchGrpo.Kit.Native;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Vae;

/// <summary>The picture autoencoder of FLUX, SD3 and SD1.</summary>
public sealed class AutoencoderFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Networks => Fixtures.Cases("vae", folder => File.Exists(Path.Combine(folder, "model.safetensors")));

    [FixtureTheory, MemberData(nameof(Networks))]
    public void Network(string name)
    {
        using var fixture = new FixtureCase(name, output);
        using var scope = NewDisposeScope();
        using var network = Autoencoder.Load(fixture.Folder, WeightFormat.Cpu);
        var tolerance = fixture.Case.GetProperty("tolerance").GetDouble();
        for (var i = 0; fixture.Has($"in.image{i}") || fixture.Has($"in.latent{i}"); i++)
        {
            if (fixture.Has($"in.image{i}")) Encoded(fixture, network, i, tolerance);
            if (fixture.Has($"in.latent{i}")) Decoded(fixture, network, i, tolerance);
        }
        Gradients(fixture, network, tolerance);
        fixture.AllCompared();
        fixture.Done();
    }

    [FixtureTheory, MemberData(nameof(Networks))]
    public void In_bfloat16_a_network_stays_close(string name)
    {
        using var fixture = new FixtureCase(name, output);
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var exact = Autoencoder.Load(fixture.Folder, WeightFormat.Cpu);
        using var rounded = Autoencoder.Load(fixture.Folder, new WeightFormat(ScalarType.BFloat16, CPU));
        if (!fixture.Has("in.latent0")) return;
        var latents = fixture.Tensor("in.latent0");
        var (expected, got) = (exact.LatentsToImage(latents), rounded.LatentsToImage(latents));
        Assert.Equal(ScalarType.Float32, got.dtype);
        var error = ((got - expected).square().mean() / expected.square().mean()).sqrt().item<float>();
        output.WriteLine($"{name}: bfloat16 {error:e2}");
        Assert.InRange(error, 1e-5, 0.1);
    }

    private static void Encoded(FixtureCase fixture, Autoencoder network, int i, double tolerance)
    {
        using var quiet = no_grad();
        var images = fixture.Tensor($"in.image{i}");
        var moments = network.Encode(images, Shown(fixture, i, tolerance));
        var gaussian = LatentGaussian.Of(moments);
        Near($"out.moments{i}", moments);
        Near($"out.mean{i}", gaussian.Mean);
        Near($"out.logvar{i}", gaussian.LogVariance);
        Near($"out.mode_scaled{i}", network.ImageToLatents(images));
        if (fixture.Has($"in.noise{i}"))
        {
            var noise = fixture.Tensor($"in.noise{i}");
            Near($"out.sample{i}", gaussian.Sample(noise));
            Near($"out.sample{i}", network.Unscaled(network.ImageToLatents(images, noise)));
        }
        if (!fixture.Has($"out.tiled_moments{i}")) return;
        network.Tiling = Tiles(fixture, network);
        Near($"out.tiled_moments{i}", network.Encode(images));
        network.Tiling = null;

        void Near(string tensor, Tensor got)
        {
            if (fixture.Has(tensor)) fixture.Near(tensor, got, tolerance);
        }
    }

    private static void Decoded(FixtureCase fixture, Autoencoder network, int i, double tolerance)
    {
        using var quiet = no_grad();
        var latents = fixture.Tensor($"in.latent{i}");
        if (fixture.Has($"out.decoded{i}")) fixture.Near($"out.decoded{i}", network.Decode(latents, Shown(fixture, i, tolerance)), tolerance);
        if (fixture.Has($"out.decoded_from_scaled{i}")) fixture.Near($"out.decoded_from_scaled{i}", network.LatentsToImage(latents), tolerance);
        if (!fixture.Has($"out.tiled_decoded{i}")) return;
        network.Tiling = Tiles(fixture, network);
        fixture.Near($"out.tiled_decoded{i}", network.Decode(latents), tolerance);
        network.Tiling = null;
    }

    private static void Gradients(FixtureCase fixture, Autoencoder network, double tolerance)
    {
        foreach (var parameter in network.parameters()) parameter.requires_grad_(true);
        foreach (var (input, cotangent) in new[] { ("in.latent0", "in.cotangent_decode"), ("in.image0", "in.cotangent_encode") })
        {
            if (!fixture.Has(cotangent)) continue;
            var leaf = Leaf(fixture, input);
            Ops.Backward(Against(cotangent.EndsWith("decode", StringComparison.Ordinal) ? network.Decode(leaf) : network.Encode(leaf), cotangent));
            if (fixture.Has($"grad.{input}")) fixture.Near($"grad.{input}", leaf.grad!, tolerance);
        }
        fixture.NearGradients(network, tolerance);
        foreach (var tensor in fixture.Io.Entries.Keys.Where(k => k.StartsWith("grad.tiled.", StringComparison.Ordinal)).ToArray())
        {
            var (input, decodes) = (Leaf(fixture, tensor["grad.tiled.".Length..]), tensor.Contains("latent"));
            network.Tiling = Tiles(fixture, network);
            Ops.Backward(Against(decodes ? network.Decode(input) : network.Encode(input), decodes ? "in.cotangent_decode" : "in.cotangent_encode"));
            fixture.Near(tensor, input.grad!, tolerance);
            network.Tiling = null;
        }

        Tensor Against(Tensor result, string cotangent) => (result * fixture.Tensor(cotangent)).sum();
    }

    private static Tiling Tiles(FixtureCase fixture, Autoencoder network)
    {
        var (published, stated) = (Tiling.Of(network.Config), fixture.Case.GetProperty("tiling"));
        Assert.Equal(stated.GetProperty("tile_sample_min_size").GetInt64(), published.Sample);
        Assert.Equal(stated.GetProperty("tile_latent_min_size").GetInt64(), published.Latent);
        Assert.Equal(stated.GetProperty("tile_overlap_factor").GetDouble(), published.Overlap);
        return published;
    }

    private static Tensor Leaf(FixtureCase fixture, string tensor) => fixture.Tensor(tensor).clone().requires_grad_(true);

    // The probes of a case belong to its first picture and its first latent.
    private static Probe? Shown(FixtureCase fixture, int i, double tolerance) => i > 0 ? null : (name, value) =>
    {
        if (fixture.Has($"mid.{name}")) fixture.Near($"mid.{name}", value, tolerance);
    };
}
