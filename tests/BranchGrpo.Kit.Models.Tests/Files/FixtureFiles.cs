using System.IO.Compression;
using System.Text.Json;

namespace BranchGrpo.Kit.Models.Tests;

/// <summary>Files of the fixture families that are collections of files rather than cases: found by their form, never listed by name.</summary>
internal static class FixtureFiles
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    /// <summary>Every line of every .jsonl of a family that holds one item of a kind: its place, which is the file and the name of the item.</summary>
    public static TheoryData<string, string> Lines(string family, Func<JsonElement, bool> kind) =>
        Rows(family, "*.jsonl", file => File.ReadLines(file).Select(Parse).Where(kind));

    /// <summary>Every item of the lists in a family's JSON files of a kind.</summary>
    public static TheoryData<string, string> Listed(string family, string list, Func<JsonElement, bool> kind) =>
        Rows(family, "*.json", file => Items(file, list).Where(kind));

    /// <summary>The item of a place that <see cref="Lines"/> gave.</summary>
    public static JsonElement Line(string file, string name) => File.ReadLines(Full(file)).Select(Parse).First(i => Name(i) == name);

    /// <summary>The item of a place that <see cref="Listed"/> gave.</summary>
    public static JsonElement Item(string file, string list, string name) => Items(Full(file), list).First(i => Name(i) == name);

    public static string Full(string relative) => Path.GetFullPath(Path.Combine(Fixtures.Folder, relative));

    /// <summary>The bytes that an item spells out.</summary>
    public static byte[] Bytes(JsonElement item)
    {
        var bytes = item.GetProperty("file").GetBytesFromBase64();
        var encoding = item.TryGetProperty("encoding", out var named) ? named.GetString()! : "base64";
        for (var zips = encoding.Split('+').Count(part => part == "gzip"); zips > 0; zips--) bytes = Gunzip(bytes);
        if (item.TryGetProperty("bytes", out var length)) Assert.Equal(length.GetInt64(), bytes.Length);
        return bytes;
    }

    public static byte[] Gunzip(byte[] bytes)
    {
        using var plain = new MemoryStream();
        using var zip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        zip.CopyTo(plain);
        return plain.ToArray();
    }

    /// <summary>Opens something in an empty folder that is the current one: it must be answered in time, in memory of the order of the file, and leave
    /// nothing behind.</summary>
    /// <returns>Why it was refused; null if it was read.</returns>
    public static string? Answer(byte[] bytes, string name, Action<string> open)
    {
        var folder = Directory.CreateTempSubdirectory("branchgrpo-files-").FullName;
        var before = Environment.CurrentDirectory;
        var path = Path.Combine(folder, "input", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        Environment.CurrentDirectory = folder;
        try
        {
            var (time, memory) = (Environment.CpuUsage.TotalTime, GC.GetAllocatedBytesForCurrentThread());
            var refusal = Refusal(() => open(path));
            time = Environment.CpuUsage.TotalTime - time;
            memory = GC.GetAllocatedBytesForCurrentThread() - memory;
            Assert.True(time < Bound, $"{name}: {time.TotalSeconds:f1} s");
            Assert.True(memory < (64L << 20) + 100L * bytes.Length, $"{name}: {memory:n0} bytes for a file of {bytes.Length:n0}");
            Assert.Equal(["input"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName));
            Assert.Equal([name], Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!).Select(Path.GetFileName));
            Assert.False(File.Exists("/tmp/pwned_abs"));
            return refusal;
        }
        finally
        {
            Environment.CurrentDirectory = before;
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Compares an answer with what is expected: <c>accept</c> or <c>read</c>, <c>refuse</c>, <c>either</c>.</summary>
    public static void Expect(string expected, string? refusal, string what)
    {
        if (expected is "accept" or "read") Assert.True(refusal is null, $"{what}: {refusal}");
        else if (expected == "refuse") Assert.True(refusal is not null, $"{what}: was read");
        else Assert.Equal("either", expected);
        if (refusal is not null) Assert.True(refusal.Length > 20, $"{what}: \"{refusal}\" gives no reason");
    }

    /// <summary>The message of the one kind of exception that refuses a file; any other is a fault.</summary>
    public static string? Refusal(Action open)
    {
        try
        {
            open();
            return null;
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }

    private static TheoryData<string, string> Rows(string family, string pattern, Func<string, IEnumerable<JsonElement>> items)
    {
        var found = new TheoryData<string, string>();
        var folder = Full(family);
        if (!Directory.Exists(folder)) return found;
        foreach (var file in Directory.GetFiles(folder, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            foreach (var item in items(file)) found.Add(Path.GetRelativePath(Fixtures.Folder, file), Name(item));
        return found;
    }

    private static IEnumerable<JsonElement> Items(string file, string list)
    {
        var root = Parse(File.ReadAllText(file));
        return root.ValueKind == JsonValueKind.Object && root.TryGetProperty(list, out var items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray() : [];
    }

    private static string Name(JsonElement item) => item.GetProperty("name").GetString()!;

    private static JsonElement Parse(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
