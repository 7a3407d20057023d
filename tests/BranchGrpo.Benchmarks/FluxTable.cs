using System.Diagnostics;
using BranchGrpo.Kit.Models.Flux;
using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Benchmarks;

/// <summary>Forward and backward of a FLUX transformer of the published width with few blocks, against nothing but its matrix products and against the
/// rate of one large product, interleaved in one run. On the CPU (float32) seconds are those of the processor, so that other programs disturb less; on
/// an accelerator (bfloat16) they are elapsed ones.</summary>
internal static class FluxTable
{
    private const int Square = 4096, Text = 128;

    public static void Print(BenchmarkSettings settings, int side)
    {
        using var generator = new Generator(1);
        var device = new Device(settings.Device);
        var format = new WeightFormat(device.type == TorchSharp.DeviceType.CPU ? ScalarType.Float32 : ScalarType.BFloat16, device);
        var config = new FluxConfig { Layers = 1, SingleLayers = 2, GuidanceEmbeds = true };
        using var network = new FluxTransformer(config, format);
        using (no_grad())
            foreach (var parameter in network.parameters()) parameter.uniform_(-0.02, 0.02, generator);
        var latents = randn([1, side * side, config.InChannels], generator: generator).to(device).requires_grad_(true);
        var input = new FluxInput(
            latents, randn([1, Text, config.TextWidth], generator: generator).to(device), randn([1, config.PooledWidth], generator: generator).to(device),
            full([1], 0.5f, device: device), full([1], 3.5f, device: device), FluxLatents.Ids(side, side, device), FluxLatents.TextIds(Text, device));
        BenchmarkSettings.Head(
            $"FLUX at width {config.Width}: {config.Layers} joint and {config.SingleLayers} single blocks, "
            + $"{network.parameters().Sum(p => p.numel()) / 1e6:0} M weights, {format.Dtype}, {side * side} image and {Text} text tokens, forward and backward",
            "gradients", "network s", "products s", "GFLOP", "network GFLOP/s", "products GFLOP/s", $"one {Square}² product GFLOP/s", "to it", "to products");
        foreach (var trained in new[] { false, true })
        {
            foreach (var parameter in network.parameters()) parameter.requires_grad = trained;
            Row(trained ? "all weights, latents" : "latents", network, input, trained, settings);
        }
    }

    private static void Row(string name, FluxTransformer network, FluxInput input, bool trained, BenchmarkSettings settings)
    {
        MatrixProduct[] products = [.. Products(network, input, trained)];
        var square = new MatrixProduct(1, Square, Square, Square);
        var factors = new Dictionary<(long, long, long), Tensor>();
        var (type, device) = (network.Format.Dtype, network.Format.Device);
        var measured = Timing.Interleaved(settings.Repetitions,
        [
            ("network", () => Seconds(() => Step(network, input), device)),
            ("products", () => Seconds(() => Array.ForEach(products, p => p.Run(factors, type, device)), device)),
            ("square", () => Seconds(() => square.Run(factors, type, device), device)),
        ]);
        foreach (var factor in factors.Values) factor.Dispose();
        var work = products.Sum(p => p.Operations) / 1e9;
        double[] rates = [work / measured[0].Median, work / measured[1].Median, square.Operations / 1e9 / measured[2].Median];
        BenchmarkSettings.Row(name, measured[0].Median, measured[1].Median, $"{work:0}", $"{rates[0]:0.0}", $"{rates[1]:0.0}", $"{rates[2]:0.0}",
            $"{rates[0] / rates[2]:0.00}", $"{rates[0] / rates[1]:0.00}");
    }

    private static void Step(FluxTransformer network, FluxInput input)
    {
        using var scope = NewDisposeScope();
        foreach (var parameter in network.parameters()) parameter.grad = null;
        input.Latents.grad = null;
        network.Forward(input).sum().backward();
    }

    /// <summary>Every matrix product of a forward and backward pass, noted from the layers' own calls, and those of attention.</summary>
    private static List<MatrixProduct> Products(FluxTransformer network, FluxInput input, bool trained)
    {
        var products = new List<MatrixProduct>();
        Linear[] layers = [.. network.modules().OfType<Linear>()];
        foreach (var layer in layers)
            layer.Adapter = (x, y) =>
            {
                var rows = x.numel() / layer.Inputs;
                products.Add(new MatrixProduct(1, rows, layer.Inputs, layer.Outputs));                               // y = x·Wᵀ
                if (x.requires_grad) products.Add(new MatrixProduct(1, rows, layer.Outputs, layer.Inputs));          // ∂x = ∂y·W
                if (trained) products.Add(new MatrixProduct(1, layer.Outputs, rows, layer.Inputs));                  // ∂W = ∂yᵀ·x
                return y;
            };
        using (NewDisposeScope()) network.Forward(input);
        foreach (var layer in layers) layer.Adapter = null;
        var (config, tokens) = (network.Config, input.ImageIds.shape[0] + input.TextIds.shape[0]);
        for (var i = 0; i < 3 * (config.Layers + config.SingleLayers); i++)                                         // scores, values and their four gradients
        {
            products.Add(new MatrixProduct(config.Heads, tokens, config.HeadWidth, tokens));
            products.Add(new MatrixProduct(config.Heads, tokens, tokens, config.HeadWidth));
        }
        return products;
    }

    private static double Seconds(Action action, Device device)
    {
        GC.Collect();
        if (device.type != TorchSharp.DeviceType.CPU) return Timing.Of(action, device);
        using var process = Process.GetCurrentProcess();
        var start = process.TotalProcessorTime;
        action();
        process.Refresh();
        return (process.TotalProcessorTime - start).TotalSeconds / get_num_threads();
    }
}
