using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests;

public class SafeTensorsFixtureTests
{
    public static TheoryData<string, string> Valid => FixtureFiles.Listed("safetensors", "files", item => item.TryGetProperty("file", out _));

    public static TheoryData<string, string> Hostile => FixtureFiles.Lines("safetensors", item => item.TryGetProperty("file", out _));

    public static TheoryData<string, string> Sharded => FixtureFiles.Lines("safetensors", item => item.TryGetProperty("index", out _));

    /// <summary>Folders with an index, beside which expected.json tells of each shard.</summary>
    public static TheoryData<string> Indexes => [.. Found("*.index.json")];

    /// <summary>Plain files that no expected.json describes.</summary>
    public static TheoryData<string> Seeds =>
        [.. Found("*.safetensors").Where(file => !File.Exists(Path.Combine(Path.GetDirectoryName(FixtureFiles.Full(file))!, "expected.json")))];

    [FixtureTheory]
    [MemberData(nameof(Valid))]
    public void A_valid_file_gives_its_tensors(string list, string name)
    {
        var item = FixtureFiles.Item(list, "files", name);
        var path = Path.Combine(Path.GetDirectoryName(FixtureFiles.Full(list))!, item.GetProperty("file").GetString()!);
        var refusal = FixtureFiles.Refusal(() =>
        {
            using var file = SafeTensors.Read(path);
            using var source = Checkpoint.Open(path);
            Compare(item, file, source);
        });
        FixtureFiles.Expect(item.GetProperty("expected").GetString()!, refusal, name);
    }

    [FixtureTheory]
    [MemberData(nameof(Indexes))]
    public void Shards_give_the_tensors_of_all(string index)
    {
        var folder = Path.GetDirectoryName(FixtureFiles.Full(index))!;
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")));
        using var all = Checkpoint.Open(folder);
        using var named = Checkpoint.Open(FixtureFiles.Full(index));
        var names = new List<string>();
        foreach (var shard in json.RootElement.EnumerateObject())
        {
            using var file = SafeTensors.Read(Path.Combine(folder, shard.Name));
            Compare(shard.Value, file, all);
            foreach (var (name, entry) in file.Entries)
            {
                using Tensor whole = all.Read(name), part = file.Read(name);
                Assert.Equal(entry.Shape, all.Entries[name].Shape);
                Assert.True(Is8Bit(entry) || whole.bytes.SequenceEqual(part.bytes), name);
                names.Add(name);
            }
        }
        Assert.NotEmpty(names);
        Assert.Equal(names.Order(), all.Entries.Keys.Order());
        Assert.Equal(names.Order(), named.Entries.Keys.Order());
    }

    [FixtureTheory]
    [MemberData(nameof(Hostile))]
    public void A_defect_is_answered(string list, string name)
    {
        var item = FixtureFiles.Line(list, name);
        var refusal = FixtureFiles.Answer(FixtureFiles.Bytes(item), "x.safetensors", ReadAll);
        FixtureFiles.Expect(item.GetProperty("expected").GetString()!, refusal, $"{name} ({item.GetProperty("why")})");
    }

    [FixtureTheory]
    [MemberData(nameof(Sharded))]
    public void A_defect_of_an_index_is_answered(string list, string name)
    {
        var item = FixtureFiles.Line(list, name);
        var folder = Directory.CreateTempSubdirectory("branchgrpo-shards-").FullName;
        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), item.GetProperty("index").GetString()!);
        foreach (var shard in item.GetProperty("files").EnumerateObject())
            File.WriteAllBytes(Path.Combine(folder, shard.Name), shard.Value.GetBytesFromBase64());
        var refusal = FixtureFiles.Refusal(() =>
        {
            using var all = Checkpoint.Open(folder);
            foreach (var tensor in all.Entries.Keys) all.Read(tensor).Dispose();
        });
        Directory.Delete(folder, recursive: true);
        FixtureFiles.Expect(item.GetProperty("expected").GetString()!, refusal, $"{name} ({item.GetProperty("why")})");
    }

    /// <summary>Bytes of the header changed, and files cut, at places that depend on the file alone: read or refused, never anything else.</summary>
    [FixtureTheory]
    [MemberData(nameof(Seeds))]
    public void A_seed_is_read_and_its_damaged_forms_are_answered(string seed)
    {
        var whole = File.ReadAllBytes(FixtureFiles.Full(seed));
        Assert.Null(FixtureFiles.Answer(whole, "x.safetensors", ReadAll));
        var random = new Random(whole.Length);
        var header = (int)BitConverter.ToInt64(whole) + 8;
        var path = Path.Combine(Directory.CreateTempSubdirectory("branchgrpo-seed-").FullName, "x.safetensors");
        for (var cut = 0; cut < whole.Length; cut += 1 + whole.Length / 60)
        {
            File.WriteAllBytes(path, whole[..cut]);
            Assert.NotNull(FixtureFiles.Refusal(() => ReadAll(path)));
        }
        for (var trial = 0; trial < 200; trial++)
        {
            var changed = (byte[])whole.Clone();
            for (var k = random.Next(1, 4); k > 0; k--)
                changed[random.Next(header)] = trial % 2 == 0 ? (byte)random.Next(256) : (byte)"0123456789{}[],:\"-FIB"[random.Next(21)];
            File.WriteAllBytes(path, changed);
            FixtureFiles.Refusal(() => ReadAll(path));
        }
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    private static IEnumerable<string> Found(string pattern) => !Directory.Exists(FixtureFiles.Full("safetensors")) ? []
        : Directory.GetFiles(FixtureFiles.Full("safetensors"), pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => Path.GetRelativePath(Fixtures.Folder, file));

    private static void ReadAll(string path)
    {
        using var file = SafeTensors.Read(path);
        foreach (var name in file.Entries.Keys) file.Read(name).Dispose();
    }

    private static void Compare(JsonElement expected, SafeTensorFile file, WeightSource source)
    {
        Dictionary<string, string> metadata = expected.TryGetProperty("metadata", out var texts) && texts.ValueKind == JsonValueKind.Object
            ? texts.EnumerateObject().ToDictionary(t => t.Name, t => t.Value.GetString()!) : [];
        Assert.Equal(metadata.OrderBy(m => m.Key, StringComparer.Ordinal), file.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal));
        if (!expected.TryGetProperty("tensors", out var tensors))
        {
            Many(expected, file);
            return;
        }
        Assert.Equal(tensors.EnumerateObject().Select(t => t.Name).Order(StringComparer.Ordinal), file.Entries.Keys.Order(StringComparer.Ordinal));
        foreach (var tensor in tensors.EnumerateObject()) Compare(tensor.Name, tensor.Value, file, source);
    }

    // Described by a rule instead of one by one.
    private static void Many(JsonElement expected, SafeTensorFile file)
    {
        Assert.Equal("tensor layer.i.w is I16 [1] with value i-1000", expected.GetProperty("note").GetString());
        Assert.Equal(expected.GetProperty("count").GetInt32(), file.Entries.Count);
        for (var i = 0; i < file.Entries.Count; i++)
        {
            using var tensor = file.Read($"layer.{i}.w");
            Assert.Equal((ScalarType.Int16, 1L, (short)(i - 1000)), (tensor.dtype, tensor.numel(), tensor.item<short>()));
        }
    }

    private static void Compare(string name, JsonElement expected, SafeTensorFile file, WeightSource source)
    {
        using var scope = NewDisposeScope();
        var (entry, stored, values) = (file.Entries[name], file.Read(name), source.Read(name));
        var offsets = expected.GetProperty("data_offsets");
        Assert.Equal(expected.GetProperty("dtype").GetString(), entry.Format);
        Assert.Equal(expected.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64()), entry.Shape);
        Assert.Equal(entry.Shape, values.shape);
        Assert.Equal(Is8Bit(entry) ? (ScalarType.Byte, ScalarType.Float32) : (entry.Dtype, entry.Dtype), (stored.dtype, values.dtype));
        Assert.Equal(values.dtype, source.Entries[name].Dtype);
        Assert.Equal(offsets[1].GetInt64() - offsets[0].GetInt64(), entry.Length);
        var hash = expected.GetProperty("sha256").GetString()!;
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(stored.bytes)));
        using var copied = zeros(values.shape, dtype: values.dtype);
        source.CopyTo(name, copied);
        Assert.True(copied.bytes.SequenceEqual(values.bytes));
        if (!expected.TryGetProperty("values", out var list)) return;
        if (is_complex(values)) values = view_as_real(values);
        Assert.Equal(list.EnumerateArray().SelectMany(Flat), Texts(values.flatten()), (a, b) => a == b || Number(a).Equals(Number(b)) && Number(a) != 0);
    }

    private static bool Is8Bit(SafeTensorEntry entry) => entry.Format.StartsWith("F8", StringComparison.Ordinal);

    private static IEnumerable<string> Flat(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().SelectMany(Flat) : [value.ToString()];

    private static IEnumerable<string> Texts(Tensor values) => values.dtype switch
    {
        ScalarType.Bool => values.data<bool>().ToArray().Select(b => b.ToString()),
        ScalarType.Int64 or ScalarType.Int32 or ScalarType.Int16 or ScalarType.Int8 or ScalarType.Byte =>
            values.to(ScalarType.Int64).data<long>().ToArray().Select(n => n.ToString(CultureInfo.InvariantCulture)),
        _ => values.to(ScalarType.Float64).data<double>().ToArray()
            .Select(x => double.IsNegative(x) && x == 0 ? "-0.0" : x.ToString("R", CultureInfo.InvariantCulture)),
    };

    private static double Number(string text) => text switch
    {
        "nan" => double.NaN,
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException(text),
    };
}
