using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Native;

/// <summary>The strict reading of a safetensors header: everything that the format demands is checked before a tensor is touched.</summary>
internal static class SafeTensorHeader
{
    // 8-bit floats are read as their bytes: torch has no arithmetic for them.
    public static readonly (string Name, ScalarType Dtype, int Size)[] Types =
    [
        ("F64", ScalarType.Float64, 8), ("F32", ScalarType.Float32, 4), ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8), ("I32", ScalarType.Int32, 4), ("I16", ScalarType.Int16, 2), ("I8", ScalarType.Int8, 1), ("U8", ScalarType.Byte, 1),
        ("BOOL", ScalarType.Bool, 1), ("C64", ScalarType.ComplexFloat32, 8), ("F8_E4M3", ScalarType.Byte, 1), ("F8_E5M2", ScalarType.Byte, 1),
    ];

    // Limits: of the format's own library, and of torch's loops over axes.
    private const long LongestHeader = 100_000_000;
    private const int MostAxes = 64;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 3 };

    /// <summary>Entries and metadata of a file.</summary>
    /// <exception cref="FormatException">What is wrong. <see cref="JsonException"/>, <see cref="InvalidOperationException"/> and <see
    /// cref="KeyNotFoundException"/> say the same of the JSON.</exception>
    public static (Dictionary<string, SafeTensorEntry> Entries, Dictionary<string, string> Metadata) Read(MappedFile file)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (file.Length < 8) throw new FormatException($"expected an 8-byte header length, the file has {file.Length} bytes");
        file.Copy(0, prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length is 0 or > LongestHeader || length > (ulong)file.Length - 8)
            throw new FormatException($"expected a header of 1 to {LongestHeader:n0} bytes, found the length {length} in a file of {file.Length} bytes");
        var header = new byte[length];
        file.Copy(8, header);
        if (!Utf8.IsValid(header)) throw new FormatException("the header is not UTF-8 text");
        var (entries, metadata) = (new Dictionary<string, SafeTensorEntry>(), new Dictionary<string, string>());
        using var json = JsonDocument.Parse(header, Strict);
        foreach (var property in json.RootElement.EnumerateObject())
        {
            if (property.Name != "__metadata__") entries.Add(property.Name, Entry(property, 8 + (long)length));
            else if (property.Value.ValueKind != JsonValueKind.Null)
                foreach (var text in property.Value.EnumerateObject())
                    metadata.Add(text.Name, text.Value.GetString() ?? throw new FormatException($"metadata \"{text.Name}\" is null, expected a text"));
        }
        CheckChain(entries, 8 + (long)length, file.Length);
        return (entries, metadata);
    }

    private static SafeTensorEntry Entry(JsonProperty property, long data)
    {
        var (name, json) = (property.Name, property.Value);
        var (code, shape, range) = (json.GetProperty("dtype").GetString(), json.GetProperty("shape"), json.GetProperty("data_offsets"));
        var (_, dtype, size) = Types.FirstOrDefault(t => t.Name == code);
        if (size == 0) throw new FormatException($"tensor {name} has the type {code ?? "null"}; types are {string.Join(", ", Types.Select(t => t.Name))}");
        if (json.EnumerateObject().Count() != 3) throw new FormatException($"tensor {name} has fields besides dtype, shape and data_offsets");
        if (shape.GetArrayLength() > MostAxes) throw new FormatException($"tensor {name} has {shape.GetArrayLength()} axes, at most {MostAxes} can be held");
        if (range.GetArrayLength() != 2) throw new FormatException($"tensor {name} has {range.GetArrayLength()} data_offsets, expected begin and end");
        long[] axes = [.. shape.EnumerateArray().Select(Whole)];
        var (begin, end, bytes) = (Whole(range[0]), Whole(range[1]), (long)size);
        foreach (var axis in axes.Where(a => a > 0))
            bytes = bytes <= long.MaxValue / axis ? bytes * axis : throw new FormatException($"tensor {name} of shape {shape} is larger than any memory");
        if (axes.Contains(0)) bytes = 0;
        if (end < begin || end - begin != bytes)
            throw new FormatException($"tensor {name} of {code} and shape {shape} needs {bytes} bytes, bytes {begin} to {end} are given");
        return end <= long.MaxValue - data ? new(code!, dtype, axes, data + begin, bytes) : throw new FormatException($"tensor {name} lies outside the file");
    }

    private static long Whole(JsonElement number) =>
        number.ValueKind == JsonValueKind.Number && number.TryGetUInt64(out var value) && value <= long.MaxValue && number.GetRawText()[0] != '-'
            ? (long)value : throw new FormatException($"{number.GetRawText()} is not a whole number from 0 to {long.MaxValue}");

    // Sorted by their place, tensors join without hole or overlap and end with the file.
    private static void CheckChain(Dictionary<string, SafeTensorEntry> entries, long data, long fileLength)
    {
        var next = data;
        foreach (var (name, entry) in entries.OrderBy(e => e.Value.Start).ThenBy(e => e.Value.Length))
        {
            if (entry.Start != next)
                throw new FormatException($"tensor {name} begins at byte {entry.Start - data} of the data where {next - data} was expected; "
                    + "tensors must follow each other without hole or overlap");
            if (entry.Length > fileLength - next) throw new FormatException($"tensor {name} lies outside the file");
            next += entry.Length;
        }
        if (next != fileLength) throw new FormatException($"expected {next - data} bytes of tensors, found {fileLength - data}");
    }
}
