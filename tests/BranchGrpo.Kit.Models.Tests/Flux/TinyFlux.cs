using BranchGrpo.Kit.Models.Flux;
using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests;

/// <summary>A small FLUX transformer with drawn weights, and inputs for it.</summary>
internal static class TinyFlux
{
    public static FluxConfig Config { get; } = new()
    {
        InChannels = 8, Layers = 2, SingleLayers = 2, Heads = 3, HeadWidth = 16, TextWidth = 20, PooledWidth = 12, GuidanceEmbeds = true,
        RotaryAxes = [4, 6, 6],
    };

    public static FluxTransformer Network(FluxConfig? config = null, ScalarType dtype = ScalarType.Float32)
    {
        var network = new FluxTransformer(config ?? Config, new WeightFormat(dtype, CPU));
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var generator = new Generator(11);
        foreach (var (name, parameter) in network.named_parameters())
            parameter.copy_(randn(parameter.shape, generator: generator) * (parameter.dim() == 1 ? 0.1
                : 1 / Math.Sqrt(parameter.shape[^1])) + (name.Contains(".norm_") ? 1 : 0));
        return network;
    }

    public static FluxInput Input(int batch = 2, int rows = 3, int columns = 4, int text = 5, FluxConfig? config = null)
    {
        config ??= Config;
        var generator = new Generator(5);
        return new(
            randn([batch, rows * columns, config.InChannels], generator: generator), randn([batch, text, config.TextWidth], generator: generator),
            randn([batch, config.PooledWidth], generator: generator), rand(batch, generator: generator), config.GuidanceEmbeds ? full([batch], 3.5) : null,
            FluxLatents.Ids(rows, columns), FluxLatents.TextIds(text));
    }
}
