using System.IO.Compression;
using System.Text.Json;
using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Files.Torch;

namespace BranchGrpo.Kit.Models.Tests;

public class TorchFileFixtureTests
{
    public static TheoryData<string, string> Valid => FixtureFiles.Listed("ptfiles", "files", item => item.TryGetProperty("policy", out _));

    public static TheoryData<string, string> Hostile => FixtureFiles.Lines("ptfiles", item => item.TryGetProperty("file", out _));

    public static TheoryData<string, string> Truncated => FixtureFiles.Listed("ptfiles", "items", item => item.TryGetProperty("file_cuts", out _));

    [FixtureTheory]
    [MemberData(nameof(Valid))]
    public void A_valid_file_gives_what_was_saved(string list, string name)
    {
        var item = FixtureFiles.Item(list, "files", name);
        var path = Path.Combine(Path.GetDirectoryName(FixtureFiles.Full(list))!, item.GetProperty("file").GetString()!);
        var bytes = File.ReadAllBytes(path);
        if (path.EndsWith(".gz", StringComparison.Ordinal)) (bytes, path) = (FixtureFiles.Gunzip(bytes), path[..^3]);
        var twin = Path.ChangeExtension(path, ".expected.safetensors");
        var refusal = FixtureFiles.Answer(bytes, "x.pt", copy =>
        {
            using var file = new TorchFile(copy);
            var tensors = TorchTree.Tensors(file.Root);
            if (!item.TryGetProperty("tree", out var tree)) foreach (var tensor in tensors) file.Read(tensor).Dispose();
            else
            {
                using var expected = File.Exists(twin) ? Checkpoint.Open(twin) : null;
                new TorchTree(file, expected).Compare(tree, file.Root, name);
            }
        });
        FixtureFiles.Expect(item.GetProperty("policy").GetString()!, refusal, $"{name} ({item.GetProperty("why")})");
    }

    [FixtureTheory]
    [MemberData(nameof(Hostile))]
    public void A_defect_is_answered_without_running_anything(string list, string name)
    {
        var item = FixtureFiles.Line(list, name);
        var (bytes, expected) = (FixtureFiles.Bytes(item), item.GetProperty("expected").GetString()!);
        var what = $"{name} ({item.GetProperty("why")})";
        FixtureFiles.Expect(expected, FixtureFiles.Answer(bytes, "x.pt", ReadAll), what);
        FixtureFiles.Expect(expected, FixtureFiles.Answer(bytes, "x.pt", path =>
        {
            using var weights = Checkpoint.Open(path);
            foreach (var tensor in weights.Entries.Keys) weights.Read(tensor).Dispose();
        }), what);
    }

    [FixtureTheory]
    [MemberData(nameof(Truncated))]
    public void Cut_files_are_refused(string list, string name)
    {
        var item = FixtureFiles.Item(list, "items", name);
        var whole = FixtureFiles.Bytes(item);
        var policy = item.TryGetProperty("whole_file", out var said) ? said.GetString()! : "read";
        FixtureFiles.Expect(policy, FixtureFiles.Answer(whole, "x.pt", ReadAll), name);
        var path = Path.Combine(Directory.CreateTempSubdirectory("branchgrpo-cut-").FullName, "x.pt");
        foreach (var cut in Numbers(item, "file_cuts")) Refused(whole[..cut], $"{name} cut after {cut} bytes");
        if (!item.TryGetProperty("data_pkl", out var pickle)) return;
        var record = item.GetProperty("data_pkl_record").GetString()!;
        Assert.Null(FixtureFiles.Answer(WithRecord(whole, record, pickle.GetBytesFromBase64()), "x.pt", ReadAll));
        foreach (var cut in Numbers(item, "pickle_cuts"))
            Refused(WithRecord(whole, record, pickle.GetBytesFromBase64()[..cut]), $"{name}, pickle cut after {cut} bytes");
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);

        void Refused(byte[] bytes, string what)
        {
            File.WriteAllBytes(path, bytes);
            FixtureFiles.Expect("refuse", FixtureFiles.Refusal(() => ReadAll(path)), what);
        }
    }

    /// <summary>Bytes changed at places that depend on the file alone: read or refused, never anything else.</summary>
    [FixtureTheory]
    [MemberData(nameof(Valid))]
    public void Damaged_forms_of_a_valid_file_are_answered(string list, string name)
    {
        var file = Path.Combine(Path.GetDirectoryName(FixtureFiles.Full(list))!, FixtureFiles.Item(list, "files", name).GetProperty("file").GetString()!);
        var whole = File.ReadAllBytes(file);
        if (file.EndsWith(".gz", StringComparison.Ordinal)) return;                                // a large one; the small ones have all there is
        var (random, path) = (new Random(whole.Length), Path.Combine(Directory.CreateTempSubdirectory("branchgrpo-changed-").FullName, "x.pt"));
        for (var trial = 0; trial < 60; trial++)
        {
            var changed = (byte[])whole.Clone();
            for (var k = random.Next(1, 4); k > 0; k--) changed[random.Next(whole.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(path, changed);
            FixtureFiles.Refusal(() => ReadAll(path));
        }
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    private static IEnumerable<int> Numbers(JsonElement item, string list) =>
        item.TryGetProperty(list, out var numbers) ? numbers.EnumerateArray().Select(n => n.GetInt32()) : [];

    private static byte[] WithRecord(byte[] archive, string record, byte[] content)
    {
        using var result = new MemoryStream();
        using (var from = new ZipArchive(new MemoryStream(archive)))
        using (var into = new ZipArchive(result, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var entry in from.Entries)
            {
                using var target = into.CreateEntry(entry.FullName, CompressionLevel.NoCompression).Open();
                using var source = entry.FullName == record ? new MemoryStream(content) : entry.Open();
                source.CopyTo(target);
            }
        return result.ToArray();
    }

    private static void ReadAll(string path)
    {
        using var file = new TorchFile(path);
        foreach (var tensor in TorchTree.Tensors(file.Root)) file.Read(tensor).Dispose();
    }
}
