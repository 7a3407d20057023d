using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Text;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>Finds what a reward needs in the place that a user named.</summary>
internal static class RewardFiles
{
    /// <summary>A file that was named, or the most wanted one of a folder.</summary>
    /// <param name="path">File or folder.</param>
    /// <param name="names">As published, most wanted first.</param>
    /// <param name="patterns">What else will do, if there is only one.</param>
    public static string Choose(string path, IReadOnlyList<string> names, params string[] patterns)
    {
        if (File.Exists(path)) return path;
        if (!Directory.Exists(path)) throw new FileNotFoundException($"{path}: no such file or folder; expected {string.Join(" or ", names)}", path);
        if (names.Select(name => Path.Combine(path, name)).FirstOrDefault(File.Exists) is { } published) return published;
        string[] others = [.. patterns.SelectMany(p => Directory.GetFiles(path, p)).Distinct().Order(StringComparer.Ordinal)];
        return others switch
        {
            [var only] => only,
            [] => throw new FileNotFoundException($"{path}: expected {string.Join(" or ", names)}, found no such file", path),
            _ => throw new InvalidDataException($"{path}: which of {string.Join(", ", others.Select(Path.GetFileName))}? Name one of them."),
        };
    }

    /// <summary>Refuses weights of something else before a network of two billion bytes is made for them.</summary>
    public static void Expect(string weights, string tensor, string whose)
    {
        using var source = Checkpoint.Open(weights);
        if (!source.Entries.ContainsKey(tensor)) throw new InvalidDataException($"{weights}: expected {tensor}; these are no weights of {whose}");
    }

    /// <summary>A network with the weights of a file or folder.</summary>
    public static T Filled<T>(T network, string weights, Func<string, string?>? rename = null) where T : nn.Module
    {
        try
        {
            using var source = Checkpoint.Open(weights);
            Checkpoint.LoadInto(network, source, rename);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>CLIP's tokenizer: of the folder that was named, or beside the weights.</summary>
    public static ClipTokenizer ClipTokenizer(string? named, string weights, ClipVariant variant) => Text.ClipTokenizer.Load(
        Tokenizer(named, weights, ["vocab.json", "merges.txt"], "CLIP's, which FLUX.1 and Stable Diffusion 3 have in \"tokenizer\""), variant);

    /// <summary>ImageReward's tokenizer: of the folder that was named, or beside the weights.</summary>
    /// <returns>Ids of a text, and 1 where they are no padding.</returns>
    public static Func<string, (long[] Ids, long[] Attended)> BertTokenizer(string? named, string weights, int length)
    {
        var tokens = Text.BertTokenizer.LoadBlip(Tokenizer(named, weights, ["vocab.txt"], "that of bert-base-uncased"));
        return text =>
        {
            var ids = tokens.Encode(text, length, out var count);
            return (ids, [.. Enumerable.Range(0, length).Select(i => i < count ? 1L : 0L)]);
        };
    }

    private static string Tokenizer(string? named, string weights, string[] files, string whose)
    {
        var beside = Directory.Exists(weights) ? weights : Path.GetDirectoryName(Path.GetFullPath(weights))!;
        string[] folders = named is null ? [beside, Path.Combine(beside, "tokenizer")] : [named];
        return folders.FirstOrDefault(folder => files.All(file => File.Exists(Path.Combine(folder, file))))
            ?? throw new FileNotFoundException(
                $"{string.Join(" or ", folders)}: expected {string.Join(" and ", files)} of a tokenizer ({whose}): name its folder", folders[0]);
    }
}
