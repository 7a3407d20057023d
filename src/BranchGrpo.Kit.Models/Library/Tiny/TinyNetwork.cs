using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Library.Tiny;

/// <summary>Writes a network as publishers do: its <c>config.json</c>, then random weights of the network that the kit builds from that file.</summary>
/// <param name="root">The folder of all models; wherever it is, equal seeds give equal files.</param>
/// <param name="seed">Of all weights.</param>
internal sealed class TinyNetwork(string root, ulong seed)
{
    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    /// <summary>Configuration and one weight file.</summary>
    /// <param name="folder">Made if needed.</param>
    /// <param name="config">Written as <c>config.json</c>.</param>
    /// <param name="build">Makes the network from the path of its configuration.</param>
    /// <param name="file">Name of the weight file; in two shards with an index if it has a <c>*</c>.</param>
    /// <param name="type">Type that the weights are stored in.</param>
    public void Write(string folder, object config, Func<string, nn.Module> build, string file, ScalarType type = ScalarType.Float32)
    {
        var path = Path.Combine(folder, "config.json");
        TinyVocabularies.WriteJson(path, config);
        using var network = build(path);
        using var scope = NewDisposeScope();
        KeyValuePair<string, Tensor>[] weights = [.. Random(network, folder).Select(w => KeyValuePair.Create(w.Key, w.Value.to(type)))];
        if (file.Contains('*')) WriteShards(folder, file, weights);
        else SafeTensors.Write(Path.Combine(folder, file), weights, Metadata);
    }

    /// <summary>Random weights; networks in folders of other names get other ones.</summary>
    public IReadOnlyList<KeyValuePair<string, Tensor>> Random(nn.Module network, string folder) =>
        RandomWeights.Fill(network, $"{seed} {Path.GetRelativePath(root, folder).Replace('\\', '/')}");

    private static void WriteShards(string folder, string file, KeyValuePair<string, Tensor>[] weights)
    {
        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var shards = weights.Chunk((weights.Length + 1) / 2).ToArray();
        for (var i = 0; i < shards.Length; i++)
        {
            var name = file.Replace("*", $"-{i + 1:00000}-of-{shards.Length:00000}", StringComparison.Ordinal);
            SafeTensors.Write(Path.Combine(folder, name), shards[i], Metadata);
            foreach (var (weight, _) in shards[i]) map[weight] = name;
        }
        var size = weights.Sum(w => w.Value.numel() * w.Value.element_size());
        TinyVocabularies.WriteJson(Path.Combine(folder, file.Replace("*", "", StringComparison.Ordinal) + ".index.json"),
            new { metadata = new { total_size = size }, weight_map = map });
    }
}
