using BranchGrpo.Kit.Models.Flux;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests;

public sealed class FluxTransformerTests
{
    [Fact]
    public void Rows_of_a_batch_do_not_see_each_other()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var network = TinyFlux.Network();
        var all = TinyFlux.Input(batch: 3);
        var second = all with
        {
            Latents = all.Latents.narrow(0, 1, 1),
            Text = all.Text.narrow(0, 1, 1),
            Pooled = all.Pooled.narrow(0, 1, 1),
            Sigma = all.Sigma.narrow(0, 1, 1),
            Guidance = all.Guidance!.narrow(0, 1, 1),
        };
        Assert.True((network.Forward(all).narrow(0, 1, 1) - network.Forward(second)).abs().max().item<float>() < 1e-5);
    }

    [Fact]
    public void Bfloat16_weights_have_bfloat16_gradients_close_to_those_of_float32()
    {
        using var scope = NewDisposeScope();
        using FluxTransformer narrow = TinyFlux.Network(dtype: ScalarType.BFloat16), wide = TinyFlux.Network();
        using (no_grad())
            foreach (var (a, b) in wide.parameters().Zip(narrow.parameters())) a.copy_(b);
        var input = TinyFlux.Input() with { Sigma = full([2], 0.5), Guidance = full([2], 4.0) };
        foreach (var checkpointing in new[] { false, true })
        {
            var gradients = new[] { narrow, wide }.Select(network =>
            {
                network.Checkpointing = checkpointing;
                foreach (var parameter in network.parameters()) parameter.requires_grad_(true).grad = null;
                Native.Ops.Backward(network.Forward(input).to(ScalarType.Float32).square().mean());
                return network.parameters().Select(p => p.grad!).ToArray();
            }).ToArray();
            Assert.All(gradients[0].Zip(gradients[1]), g =>
            {
                Assert.Equal(ScalarType.BFloat16, g.First.dtype);
                Assert.True(((g.First.to(ScalarType.Float32) - g.Second).norm() / g.Second.norm()).item<float>() < 0.1);
            });
        }
    }

    [Fact]
    public void A_forward_pass_leaves_its_result_only()
    {
        using var network = TinyFlux.Network();
        using var scope = NewDisposeScope();
        var input = TinyFlux.Input();
        foreach (var quiet in new[] { true, false })
        {
            using var gradients = set_grad_enabled(!quiet);
            network.Forward(input).Dispose();
            var before = Tensor.TotalCount;
            using (network.Forward(input)) Assert.Equal(before + 1, Tensor.TotalCount);
            Assert.Equal(before, Tensor.TotalCount);
        }
    }

    [Fact]
    public void Guidance_is_given_exactly_where_it_is_embedded()
    {
        using var scope = NewDisposeScope();
        using FluxTransformer dev = TinyFlux.Network(), schnell = TinyFlux.Network(TinyFlux.Config with { GuidanceEmbeds = false });
        var input = TinyFlux.Input();
        Assert.Contains("give one", Assert.Throws<ArgumentException>(() => dev.Forward(input with { Guidance = null })).Message);
        Assert.Contains("give none", Assert.Throws<ArgumentException>(() => schnell.Forward(input)).Message);
    }

    [Fact]
    public void Sizes_of_the_published_network()
    {
        var dev = new FluxConfig { GuidanceEmbeds = true };
        var (layers, single) = (Count(dev with { Layers = 1, SingleLayers = 0 }) - Count(dev with { Layers = 0, SingleLayers = 0 }),
            Count(dev with { Layers = 0, SingleLayers = 1 }) - Count(dev with { Layers = 0, SingleLayers = 0 }));
        Assert.Equal(11_901_408_320, Count(dev with { Layers = 0, SingleLayers = 0 }) + 19 * layers + 38 * single);

        static long Count(FluxConfig config)
        {
            using var network = new FluxTransformer(config, new Layers.WeightFormat(ScalarType.BFloat16, META));
            return network.parameters().Sum(p => p.numel());
        }
    }
}
