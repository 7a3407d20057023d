using System.Runtime.InteropServices;
using BranchGrpo.Kit.Models.Flux;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Lora;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Sd3;
using BranchGrpo.Kit.Native;
using TorchSharp;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Tasks;

/// <summary>The bytes that a forward pass keeps, predicted and counted by the C library. Large blocks are mapped one by one or, where
/// earlier tests left room, taken from the heap; both count.</summary>
public sealed partial class ActivationTests(ITestOutputHelper output)
{
    private const int MapThreshold = -3, Rows = 16, Columns = 16, Text = 64;

    static ActivationTests() => LibTorch.Load();

    [Theory]
    [InlineData(ImageFamily.Flux, true)]
    [InlineData(ImageFamily.Flux, false)]
    [InlineData(ImageFamily.Sd3, true)]
    [InlineData(ImageFamily.Sd3, false)]
    public void Kept_bytes_are_those_that_the_model_predicts(ImageFamily family, bool adapted)
    {
        if (!OperatingSystem.IsLinux()) return;
        _ = Option(MapThreshold, 1 << 16);
        FineTuning tuning = adapted ? FineTuning.Adapters.OfAttention(8) : new FineTuning.Full();
        // As policies have it: a frozen network in bfloat16, or trained weights in float32 that are rounded for each product.
        var format = adapted ? new WeightFormat(ScalarType.BFloat16, CPU) : new WeightFormat(ScalarType.Float32, CPU) { Compute = ScalarType.BFloat16 };
        var (network, forward) = family == ImageFamily.Flux ? Flux(format) : Sd3(format);
        using var generator = new Generator(1);
        using (network)
        {
            Zero(network, trained: !adapted);
            using var lora = adapted ? LoraAdapters.Attach(network, ((FineTuning.Adapters)tuning).Options, generator) : null;
            forward().Dispose();
            // What earlier tests left and a collector frees meanwhile lowers a count, so the highest of three counts.
            var kept = Enumerable.Range(0, 3).Max(_ => Kept(forward));
            var predicted = new TransformerWork(network, Rows * Columns, Text).KeptBytes(tuning, checkpointing: false, 2);
            output.WriteLine($"{family} {tuning}: kept {kept / 1e6:f2} MB, predicted {predicted / 1e6:f2} MB");
            Assert.InRange(kept / predicted, 0.85, 1.15);
        }
    }

    private static long Kept(Func<Tensor> forward)
    {
        var before = AllocatedMemory.Bytes();
        using var y = forward();
        return AllocatedMemory.Bytes() - before;
    }

    private static (NamedModule Network, Func<Tensor> Forward) Flux(WeightFormat format)
    {
        var network = new FluxTransformer(new() { Layers = 1, SingleLayers = 2, Heads = 4, TextWidth = 64, PooledWidth = 32 }, format);
        var input = new FluxInput(randn(1, Rows * Columns, 64), randn(1, Text, 64), randn(1, 32), full(1, 0.5f), null,
            FluxLatents.Ids(Rows, Columns), FluxLatents.TextIds(Text));
        return (network, () => network.Forward(input));
    }

    private static (NamedModule Network, Func<Tensor> Forward) Sd3(WeightFormat format)
    {
        var network = new Sd3Transformer(
            new() { Layers = 3, Heads = 8, DualLayers = [0], NormalisedHeads = true, Positions = 32, TextWidth = 64, PooledWidth = 32 }, format);
        var (latents, text, pooled, time) = (randn(1, 16, 2 * Rows, 2 * Columns), randn(1, Text, 64), randn(1, 32), full(1, 500f));
        return (network, () => network.Forward(latents, text, pooled, time));
    }

    private static void Zero(nn.Module network, bool trained)
    {
        using var quiet = no_grad();
        foreach (var tensor in network.parameters().Cast<Tensor>().Concat(network.buffers())) tensor.zero_();
        foreach (var parameter in network.parameters()) parameter.requires_grad_(trained);
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int Option(int option, int value);
}
