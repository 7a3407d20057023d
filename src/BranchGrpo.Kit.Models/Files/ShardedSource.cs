using System.Text.Json;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Files;

/// <summary>A checkpoint in several safetensors files, with the index that says which tensor stands in which.</summary>
internal sealed class ShardedSource : WeightSource
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };
    private readonly Dictionary<string, SafeTensorsSource> shards = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SafeTensorsSource> places;

    public ShardedSource(string index)
    {
        Name = index;
        try
        {
            places = Places(index);
            Check();
        }
        catch (Exception e)
        {
            Dispose();
            if (e is not (JsonException or InvalidOperationException or FormatException or KeyNotFoundException)) throw;
            throw new InvalidDataException($"{index} is not an index of shards: {e.Message}", e);
        }
    }

    public override string Name { get; }

    public override IReadOnlyDictionary<string, WeightEntry> Entries => field ??= places.ToDictionary(p => p.Key, p => p.Value.Entries[p.Key]);

    public override Tensor Read(string name) => places[name].Read(name);

    public override void CopyTo(string name, Tensor target) => places[name].CopyTo(name, target);

    public override void Dispose()
    {
        foreach (var shard in shards.Values) shard.Dispose();
        base.Dispose();
    }

    private Dictionary<string, SafeTensorsSource> Places(string index)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(index), Strict);
        if (!json.RootElement.TryGetProperty("weight_map", out var map)) throw new FormatException("it has no weight_map.");
        return map.EnumerateObject().ToDictionary(p => p.Name, p => Shard(p.Name, p.Value.GetString()), StringComparer.Ordinal);
    }

    // A shard stands beside its index: a name that could lead elsewhere is refused before any file is looked at.
    private SafeTensorsSource Shard(string tensor, string? name)
    {
        if (name is null || name != Path.GetFileName(name) || name.AsSpan().ContainsAny("/\\:\0") || !name.EndsWith(".safetensors", StringComparison.Ordinal))
            throw new FormatException($"{tensor} is said to stand in \"{name}\"; a shard is a .safetensors file in the folder of the index.");
        if (shards.TryGetValue(name, out var known)) return known;
        var file = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(Name))!, name);
        return File.Exists(file)
            ? shards[name] = new(file)
            : throw new FormatException($"the shard {name} is not there; download the missing files of this checkpoint again.");
    }

    private void Check()
    {
        string[] held = [.. shards.Values.SelectMany(s => s.Entries.Keys)];
        var lost = places.Where(p => !p.Value.Entries.ContainsKey(p.Key)).Select(p => $"{p.Key} is not in {Path.GetFileName(p.Value.Name)}");
        var twice = held.CountBy(name => name).Where(n => n.Value > 1).Select(n => $"{n.Key} stands in {n.Value} shards");
        var unnamed = held.Where(name => !places.ContainsKey(name)).Select(name => $"{name} is not in the index");
        string[] wrong = [.. lost, .. twice, .. unnamed];
        if (wrong.Length > 0) throw new FormatException(string.Join("; ", wrong) + ".");
    }
}
