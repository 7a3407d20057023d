using System.Collections;
using System.Reflection;
using System.Runtime.InteropServices;
using BranchGrpo.Kit.Models.Flux;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Lora;
using BranchGrpo.Kit.Native;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests;

public sealed class RecomputeTests(ITestOutputHelper output)
{
    [Fact]
    public void Adapters_alone_have_the_same_gradients()
    {
        using var scope = NewDisposeScope();
        using var network = TinyFlux.Network();
        using var adapters = Adapters(network);
        var input = TinyFlux.Input();
        Tensor[] Gradients(bool checkpointing)
        {
            network.Checkpointing = checkpointing;
            return Ops.Gradients(network.Forward(input).square().mean(), [.. adapters.Parameters().Select(p => p.Value)]);
        }
        var (expected, found) = (Gradients(false), Gradients(true));
        Assert.All(expected.Zip(found), g => Assert.True(g.First.Equals(g.Second)));
        Assert.All(expected, g => Assert.True(g.abs().max().item<float>() > 0));
        Assert.All(network.parameters(), p => Assert.Null(p.grad));
    }

    [Fact]
    public void A_part_is_computed_again_with_the_adapters_it_had()
    {
        using var scope = NewDisposeScope();
        using var network = TinyFlux.Network();
        using var adapters = Adapters(network);
        network.Checkpointing = true;
        var input = TinyFlux.Input();
        var parameter = adapters.Parameters().First(p => p.Name.StartsWith("single_transformer_blocks.0")).Value;
        var expected = Ops.Gradients(network.Forward(input).square().mean(), [parameter])[0];
        var loss = network.Forward(input).square().mean();
        adapters.Enabled = false;
        Assert.True(Ops.Gradients(loss, [parameter])[0].Equals(expected));
        Assert.False(adapters.Enabled);
    }

    [Fact]
    public void Parts_may_lie_in_parts_and_gradients_add_up()
    {
        using var scope = NewDisposeScope();
        using var part = new Linear(4, 4, WeightFormat.Cpu);
        using (no_grad())
            foreach (var p in part.parameters()) p.copy_(randn(p.shape, generator: new Generator(3)));
        foreach (var p in part.parameters()) p.requires_grad_(true);
        var x = randn([2, 4], generator: new Generator(4)).requires_grad_(true);
        Tensor Once(Tensor t) => part.Forward(t).tanh();
        Tensor Inner(Tensor t) => Recompute.Of(part, i => [Once(i[0])], t)[0];
        Tensor Outer(Tensor t) => Recompute.Of(part, i => [Inner(Inner(i[0]))], t)[0];
        Tensor[] all = [x, .. part.parameters()];
        var expected = Ops.Gradients(Once(Once(Once(Once(x)))).sum(), all);
        var found = Ops.Gradients(Inner(Outer(Once(x))).sum(), all);
        Assert.All(expected.Zip(found), g => Assert.True((g.First - g.Second).abs().max().item<float>() < 1e-6));
        Ops.Backward(Outer(x).sum());
        Ops.Backward(Outer(x).sum());
        Assert.True((x.grad! - 2 * Ops.Gradients(Once(Once(x)).sum(), [x])[0]).abs().max().item<float>() < 1e-6);
    }

    [Fact]
    public void Inputs_of_any_type_and_outputs_without_use()
    {
        using var scope = NewDisposeScope();
        using var part = new Linear(3, 3, WeightFormat.Cpu);
        var x = ones(3, requires_grad: true);
        var y = Recompute.Of(part, i => [i[0] * i[1], i[0] + 1, (i[1] + 1).to(ScalarType.Int64)], x, tensor([2L, 3, 4]));
        Assert.Equal(ScalarType.Int64, y[2].dtype);
        Ops.Backward(y[0].sum());
        Assert.Equal([2f, 3, 4], x.grad!.data<float>().ToArray());
    }

    [Fact]
    public void What_is_thrown_on_the_way_back_is_thrown_on()
    {
        using var scope = NewDisposeScope();
        using var part = new Linear(3, 3, WeightFormat.Cpu);
        var (x, armed) = (ones(3, requires_grad: true), false);
        Tensor Bad(Tensor t) => Recompute.Of(part, i => armed ? throw new InvalidOperationException("second time") : [i[0] * 2], t)[0];
        var nested = Recompute.Of(part, i => [Bad(i[0])], Bad(x))[0];
        armed = true;
        Assert.Equal("second time", Assert.Throws<InvalidOperationException>(() => Ops.Backward(nested.sum())).Message);
        Ops.Backward(x.sum());
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        using var network = TinyFlux.Network();
        using var adapters = Adapters(network);
        network.Checkpointing = true;
        Step();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var nodes = (ICollection)typeof(autograd).GetNestedType("Node", BindingFlags.NonPublic)!.GetField("AliveNodes",
            BindingFlags.NonPublic | BindingFlags.Static)!.GetValue(null)!;
        var (before, alive) = (Tensor.TotalCount, nodes.Count);
        for (var i = 0; i < 3; i++) Step();
        Assert.Equal((before, alive), (Tensor.TotalCount, nodes.Count));

        // As on a thread of a GPU, no scope is open on the way back.
        void Step()
        {
            using var loss = Loss();
            Ops.Backward(loss);
        }

        Tensor Loss()
        {
            using var scope = NewDisposeScope();
            foreach (var (_, parameter) in adapters.Parameters()) parameter.grad = null;
            return network.Forward(TinyFlux.Input()).square().mean().MoveToOuterDisposeScope();
        }
    }

    [Fact]
    public void A_recomputed_pass_holds_little_until_it_goes_back()
    {
        var config = TinyFlux.Config with { Heads = 4, HeadWidth = 64, RotaryAxes = [16, 24, 24], Layers = 4, SingleLayers = 8 };
        using var scope = NewDisposeScope();
        using var network = TinyFlux.Network(config);
        using var adapters = Adapters(network);
        var input = TinyFlux.Input(2, 16, 16, 64, config);
        var held = new[] { false, true }.Select(checkpointing =>
        {
            network.Checkpointing = checkpointing;
            var before = AllocatedMemory.Bytes();
            using var sample = network.Forward(input);
            return AllocatedMemory.Bytes() - before;
        }).ToArray();
        output.WriteLine($"held between the passes: {held[0] >> 20} MiB, with recomputation {held[1] >> 20} MiB");
        Assert.InRange((double)held[1] / held[0], 0, 0.15);
    }

    private static LoraAdapters Adapters(FluxTransformer network)
    {
        var adapters = LoraAdapters.Attach(network, new LoraOptions { Rank = 4, Alpha = 8, Targets = LoraOptions.FluxAttentionAndFeedForward },
            new Generator(2));
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        foreach (var (_, parameter) in adapters.Parameters()) parameter.copy_(randn(parameter.shape, generator: new Generator(9)) * 0.2);
        return adapters;
    }
}
