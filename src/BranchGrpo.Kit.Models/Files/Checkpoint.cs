using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Files;

/// <summary>Opens checkpoints of every published form and fills networks from them.</summary>
public static class Checkpoint
{
    private const string IndexEnding = ".safetensors.index.json";
    private static readonly string[] TorchEndings = [".pt", ".pth", ".bin", ".ckpt"];

    // Whole files before shards, safetensors before pickles: the order in which the published loaders look.
    private static readonly string[] UsualNames =
    [
        "model.safetensors", "diffusion_pytorch_model.safetensors", "model.safetensors.index.json", "diffusion_pytorch_model.safetensors.index.json",
        "adapter_model.safetensors", "pytorch_lora_weights.safetensors", "open_clip_model.safetensors",
    ];

    /// <summary>Opens a safetensors file, an index of shards, a file of <c>torch.save</c> (<c>.pt .pth .bin .ckpt</c>; nothing in it is run), or a
    /// folder that holds one of them.</summary>
    /// <exception cref="InvalidDataException">Damaged, hostile, or not a checkpoint; the message says what was expected.</exception>
    /// <exception cref="FileNotFoundException">There is nothing to open; the message says what was looked for.</exception>
    public static WeightSource Open(string path)
    {
        if (Directory.Exists(path)) path = Choose(path);
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such file or folder.", path);
        RefusePointer(path);
        if (path.EndsWith(".index.json", StringComparison.Ordinal)) return new ShardedSource(path);
        return TorchEndings.Contains(Path.GetExtension(path)) ? new TorchSource(path) : new SafeTensorsSource(path);
    }

    /// <summary>Copies every weight of a network from a checkpoint, converted to the network's type and place: all of them, and no others.</summary>
    /// <param name="network">Filled in place. Nothing is changed when names or shapes do not fit.</param>
    /// <param name="weights">Borrowed.</param>
    /// <param name="rename">From a name in the file to the network's; null to ignore a stored tensor. Names are the same by default.</param>
    /// <exception cref="InvalidDataException">Missing, left over or wrongly shaped; every one is named.</exception>
    public static void LoadInto(nn.Module network, WeightSource weights, Func<string, string?>? rename = null)
    {
        var wrong = Misfits(network, weights, rename, out var stored);
        if (wrong.Length > 0) throw new InvalidDataException($"{weights.Name} does not fit {network.GetName()}:\n  {string.Join("\n  ", wrong)}");
        using var scope = NewDisposeScope();
        var state = network.state_dict();
        foreach (var names in stored) weights.CopyTo(names.First(), state[names.Key]);
    }

    /// <summary>Every weight that is missing, left over or wrongly shaped, in words; none for a checkpoint that fits. No weight is read, so the network
    /// may be on the meta device, where it takes no memory.</summary>
    internal static string[] Misfits(nn.Module network, WeightSource weights, Func<string, string?>? rename = null) =>
        Misfits(network, weights, rename, out _);

    private static string[] Misfits(nn.Module network, WeightSource weights, Func<string, string?>? rename, out ILookup<string, string> given)
    {
        using var scope = NewDisposeScope();
        var state = network.state_dict();
        var stored = given = weights.Entries.Keys.Select(name => (Name: name, Target: rename is null ? name : rename(name)))
            .Where(p => p.Target is not null).ToLookup(p => p.Target!, p => p.Name);
        return
        [
            .. state.Keys.Where(name => !stored.Contains(name)).Select(name => $"{name}: missing, expected {Text(state[name].shape)}"),
            .. stored.Where(p => !state.ContainsKey(p.Key)).SelectMany(p => p).Select(name => $"{name}: not part of this network"),
            .. stored.Where(p => p.Count() > 1).Select(p => $"{p.Key}: given {p.Count()} times, as {string.Join(", ", p)}"),
            .. stored.Where(p => state.ContainsKey(p.Key)).SelectMany(p => p.Where(name => !state[p.Key].shape.SequenceEqual(weights.Entries[name].Shape))
                .Select(name => $"{name}: expected {Text(state[p.Key].shape)}, found {Text(weights.Entries[name].Shape)}")),
        ];
    }

    private static string Text(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";

    private static string Choose(string folder)
    {
        string[] files = [.. Directory.GetFiles(folder).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];
        if (UsualNames.FirstOrDefault(files.Contains) is { } usual) return Path.Combine(folder, usual);
        string[][] choices =
        [
            [.. files.Where(f => f.EndsWith(IndexEnding, StringComparison.Ordinal))],
            [.. files.Where(f => f.EndsWith(".safetensors", StringComparison.Ordinal))],
            [.. files.Where(f => TorchEndings.Contains(Path.GetExtension(f)))],
        ];
        return choices.FirstOrDefault(c => c.Length > 0) switch
        {
            [var only] => Path.Combine(folder, only),
            { } several => throw new InvalidDataException($"{folder} holds several checkpoints and no index: {string.Join(", ", several)}. Name one of them."),
            null => throw new FileNotFoundException($"{folder} holds no checkpoint: expected a file *.safetensors, *{IndexEnding} or "
                + $"*{string.Join(" *", TorchEndings)}, found {(files.Length == 0 ? "no file" : string.Join(", ", files.Take(8)))}."),
        };
    }

    // What a clone of a model's repository leaves where the large file belongs.
    private static void RefusePointer(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[40];
        if (start[..file.ReadAtLeast(start, 40, throwOnEndOfStream: false)].StartsWith("version https://git-lfs"u8))
            throw new InvalidDataException($"{path} is a git-lfs pointer, not the weights: run `git lfs pull` in its folder or download the file itself.");
    }
}
