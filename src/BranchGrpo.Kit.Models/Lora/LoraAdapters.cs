using BranchGrpo.Kit.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Lora;

/// <summary>Low-rank adapters of a network's linear layers. Their parameters, <c>layer.lora_A.weight</c> [r, inputs] and <c>layer.lora_B.weight</c>
/// [outputs, r], are float32 and require gradients; those of the network are left alone.</summary>
/// <remarks>Hu et al., arXiv 2106.09685.</remarks>
public sealed class LoraAdapters : NamedModule
{
    private readonly SortedDictionary<string, LoraLayer> layers = new(StringComparer.Ordinal);

    private LoraAdapters(nn.Module network, IEnumerable<(string Layer, long Rank, double Scale)> adapted) : base(nameof(LoraAdapters))
    {
        var linears = Linears(network);
        var chosen = adapted.OrderBy(a => a.Layer, StringComparer.Ordinal).ToArray();
        if (chosen.FirstOrDefault(c => !linears.ContainsKey(c.Layer)).Layer is { } stranger)
            throw new InvalidDataException($"{network.GetName()} has no linear layer {stranger}: these are adapters of another network");
        if (chosen.FirstOrDefault(c => linears[c.Layer].Adapter is not null).Layer is { } taken)
            throw new InvalidOperationException($"{taken} has an adapter already: dispose of it or merge it first");
        foreach (var (name, rank, scale) in chosen) layers.Add(name, Add(name, new LoraLayer(linears[name], rank, scale)));
        Enabled = true;
    }

    /// <summary>Names of the adapted layers, in order.</summary>
    public IReadOnlyCollection<string> Layers => layers.Keys;

    /// <summary>Whether the network uses the adapters. Without them it is the network it was, to the last bit.</summary>
    public bool Enabled
    {
        get => layers.Values.First().Enabled;
        set
        {
            foreach (var layer in layers.Values) layer.Enabled = value;
        }
    }

    /// <summary>Adapters that change nothing yet: A uniform in ±1/√inputs, B zero.</summary>
    /// <param name="network">Its layers use the adapters until they are disposed of.</param>
    /// <param name="options">Sizes and layers.</param>
    /// <param name="generator">Draws A, on the CPU.</param>
    /// <exception cref="ArgumentException">A target names no layer.</exception>
    public static LoraAdapters Attach(nn.Module network, LoraOptions options, Generator generator)
    {
        var names = Linears(network).Keys;
        if (options.Targets.FirstOrDefault(t => !names.Any(n => LoraOptions.Matches(n, t))) is { } idle)
            throw new ArgumentException($"target {idle} names no linear layer of {network.GetName()}; it has, for example, {string.Join(", ", names.Take(8))}");
        var adapters = new LoraAdapters(
            network,
            names.Where(n => options.Targets.Any(t => LoraOptions.Matches(n, t))).Select(n => (n, (long)options.Rank, options.Alpha / options.Rank)));
        foreach (var layer in adapters.layers.Values) layer.Initialise(generator);
        return adapters;
    }

    /// <summary>Adapters from files.</summary>
    /// <param name="network">Its layers use the adapters until they are disposed of.</param>
    /// <param name="path">A folder with adapter_config.json, one with pytorch_lora_weights.safetensors, or a file of that kind.</param>
    /// <exception cref="InvalidDataException">The file holds something else, or adapters of another network.</exception>
    public static LoraAdapters Load(nn.Module network, string path)
    {
        using var file = LoraFile.Read(path);
        var adapters = new LoraAdapters(network, file.Layers);
        try
        {
            file.CopyTo(adapters);
            return adapters;
        }
        catch
        {
            adapters.Dispose();
            throw;
        }
    }

    /// <summary>Writes the adapters so that peft or diffusers can read them.</summary>
    /// <param name="path">A folder; for diffusers also a file ending in .safetensors.</param>
    /// <param name="format">Whose form.</param>
    public void Save(string path, LoraFormat format)
    {
        using var scope = NewDisposeScope();
        LoraFile.Write(path, format, layers.Select(l => (l.Key, l.Value.Rank, l.Value.Scale)), Parameters());
    }

    /// <summary>Names and values of what training changes.</summary>
    public IReadOnlyList<(string Name, Parameter Value)> Parameters() => [.. named_parameters().Select(p => (p.name, p.parameter))];

    /// <summary>W + α/r·B·A of one layer, in the type of W.</summary>
    /// <param name="layer">One of <see cref="Layers"/>.</param>
    /// <returns>Shape [outputs, inputs]; the caller owns it.</returns>
    public Tensor MergedWeight(string layer) => layers[layer].MergedWeight();

    /// <summary>Puts the adapters into the weights of the network, for good, and switches them off.</summary>
    public void Merge()
    {
        foreach (var layer in layers.Values) layer.Merge();
        Enabled = false;
    }

    /// <summary>The same adapters, in memory of their own, on another network of the same layers.</summary>
    /// <param name="network">Its layers use the copy until it is disposed of.</param>
    public LoraAdapters CopyTo(nn.Module network)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var copy = new LoraAdapters(network, layers.Select(l => (l.Key, l.Value.Rank, l.Value.Scale)));
        foreach (var ((_, target), (_, value)) in copy.Parameters().Zip(Parameters())) target.copy_(value);
        return copy;
    }

    /// <summary>Gives the network its own layers back and frees the adapters.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing) Enabled = false;
        base.Dispose(disposing);
    }

    private static SortedDictionary<string, Layers.Linear> Linears(nn.Module network)
    {
        var found = new SortedDictionary<string, Layers.Linear>(StringComparer.Ordinal);
        foreach (var (name, module) in network.named_modules())
            if (module is Layers.Linear linear) found.Add(name, linear);
        return found;
    }
}
