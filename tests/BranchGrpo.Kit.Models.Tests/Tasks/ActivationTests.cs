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

/// <summary>The bytes that a forward pass keeps, predicted and counted by the C library. Blocks above 64 KiB are mapped one by one, so that their sum is
/// exact whatever thread asks.</summary>
public sealed partial class ActivationTests(ITestOutputHelper output)
{
    private const int MapThreshold = -3;

    static ActivationTests() => LibTorch.Load();

    public static TheoryData<bool, bool, bool> Cases => new() { { true, true, false }, { true, true, true }, { true, false, false }, { true, false, true }, { false, true, false }, { false, true, true } , { false, false, false } };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Kept_bytes_are_those_that_the_model_predicts(bool flux, bool adapters, bool checkpointing)
    {
        if (!OperatingSystem.IsLinux()) return;
        _ = Option(MapThreshold, 1 << 16);
        using var generator = new Generator(1);
        var format = new WeightFormat(ScalarType.BFloat16, CPU);
        const int Rows = 16, Columns = 16, Text = 64;
        FineTuning tuning = adapters ? FineTuning.Adapters.OfAttention(8) : new FineTuning.Full();
        NamedModule network; Func<Tensor> forward; TransformerWork work;
        if (flux)
        {
            var config = new FluxConfig { InChannels = 64, Layers = 2, SingleLayers = 4, Heads = 4, HeadWidth = 128, TextWidth = 64, PooledWidth = 32 };
            var transformer = new FluxTransformer(config, format) { Checkpointing = checkpointing };
            var input = new FluxInput(randn(1, Rows * Columns, 64), randn(1, Text, 64), randn(1, 32), full(1, 0.5f), null, FluxLatents.Ids(Rows, Columns), FluxLatents.TextIds(Text));
            (network, forward) = (transformer, () => transformer.Forward(input));
        }
        else
        {
            var config = new Sd3Config { Layers = 6, Heads = 8, HeadWidth = 64, DualLayers = [0, 1, 2], NormalisedHeads = true, Positions = 32, TextWidth = 64, PooledWidth = 32 };
            var transformer = new Sd3Transformer(config, format) { Checkpointing = checkpointing };
            var (latents, text, pooled, time) = (randn(1, 16, 2 * Rows, 2 * Columns), randn(1, Text, 64), randn(1, 32), full(1, 500f));
            (network, forward) = (transformer, () => transformer.Forward(latents, text, pooled, time));
        }
        foreach (var p in network.parameters()) { using var quiet = no_grad(); p.zero_(); p.requires_grad_(!adapters); }
        var lora = adapters ? LoraAdapters.Attach(network, ((FineTuning.Adapters)tuning).Options, generator) : null;
        work = new TransformerWork(network, Rows * Columns, Text);
        using (var warm = forward()) { }
        GC.Collect(); GC.WaitForPendingFinalizers();
        var before = Mapped();
        using (var y = forward())
        {
            var kept = Mapped() - before;
            var predicted = work.KeptBytes(tuning, checkpointing, 2);
            output.WriteLine($"{network.GetName()} {tuning} checkpointing {checkpointing}: kept {kept / 1e6:f2} MB, predicted {predicted / 1e6:f2} MB, ratio {kept / predicted:f2}");
        }
    }

    private static long Mapped() => (long)Information().MappedBytes;

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int Option(int option, int value);

    [LibraryImport("libc.so.6", EntryPoint = "mallinfo2")]
    private static partial Mallinfo Information();

    [StructLayout(LayoutKind.Sequential)]
    private struct Mallinfo
    {
        public nuint Arena, Ordinary, Small, MappedBlocks, MappedBytes, A, B, C, D, E;
    }
}
