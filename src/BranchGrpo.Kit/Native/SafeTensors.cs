using System.Buffers.Binary;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Native;

/// <summary>Reads and writes safetensors files: an 8-byte header length, a JSON header of dtype, shape and byte range per tensor, then the
/// bytes.</summary>
/// <remarks>Format: huggingface/safetensors. Tensors are copied on reading, so that they can be trained.</remarks>
public static class SafeTensors
{
    private static readonly Dictionary<string, ScalarType> Types = new()
    {
        ["F64"] = ScalarType.Float64, ["F32"] = ScalarType.Float32, ["F16"] = ScalarType.Float16, ["BF16"] = ScalarType.BFloat16,
        ["I64"] = ScalarType.Int64, ["I32"] = ScalarType.Int32, ["I16"] = ScalarType.Int16, ["I8"] = ScalarType.Int8, ["U8"] = ScalarType.Byte,
        ["BOOL"] = ScalarType.Bool,
    };

    private const long MaximumHeader = 100 << 20;

    /// <summary>Writes tensors to a file: to a temporary one first, then by renaming, so that a reader never sees half a file.</summary>
    /// <param name="path">Replaced if it exists; its folder is made if need be.</param>
    /// <param name="tensors">Borrowed. Names are unique.</param>
    /// <param name="metadata">Texts stored in the header.</param>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var scope = NewDisposeScope();
        var all = tensors.Select(t => (Name: t.Key, Tensor: t.Value.detach().cpu().contiguous())).ToArray();
        var (header, offset) = (new SortedDictionary<string, object>(StringComparer.Ordinal), 0L);
        if (metadata is { Count: > 0 }) header["__metadata__"] = metadata;
        foreach (var (name, tensor) in all)
        {
            var type = Types.FirstOrDefault(t => t.Value == tensor.dtype).Key
                ?? throw new ArgumentException($"Tensor \"{name}\" has type {tensor.dtype}, which a safetensors file cannot hold.", nameof(tensors));
            var length = tensor.numel() * tensor.element_size();
            header.Add(name, new { dtype = type, tensor.shape, data_offsets = new[] { offset, offset + length } });
            offset += length;
        }
        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        WholeFile.Write(path, temporary =>
        {
            using var file = File.Create(temporary);
            Span<byte> length = stackalloc byte[8];
            var padding = (8 - json.Length % 8) % 8;
            BinaryPrimitives.WriteInt64LittleEndian(length, json.Length + padding);
            file.Write(length);
            file.Write(json);
            file.Write("        "u8[..padding]);
            foreach (var (_, tensor) in all)
                if (tensor.numel() > 0) file.Write(tensor.bytes);
        });
    }

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="InvalidDataException">The file is truncated or not a safetensors file; the message says what was expected.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static SafeTensorFile Read(string path)
    {
        using var file = File.OpenRead(path);
        Exception Damaged(string why, Exception? inner = null) => new InvalidDataException($"{path} is not a whole safetensors file: {why}.", inner);
        Span<byte> prefix = stackalloc byte[8];
        if (file.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8) throw Damaged($"expected an 8-byte header length, the file has {file.Length} bytes");
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length is <= 0 or > MaximumHeader || 8 + length > file.Length) throw Damaged($"expected a header of {length} bytes in a file of {file.Length}");
        var header = new byte[length];
        file.ReadExactly(header);
        var result = new SafeTensorFile();
        try
        {
            using var json = JsonDocument.Parse(header);
            var end = 0L;
            foreach (var entry in json.RootElement.EnumerateObject())
            {
                if (entry.Name == "__metadata__")
                    foreach (var text in entry.Value.EnumerateObject()) result.Texts[text.Name] = text.Value.GetString()!;
                else
                    end = Math.Max(end, ReadTensor(file, 8 + length, entry, result));
            }
            return end == file.Length - 8 - length ? result : throw Damaged($"expected {end} bytes of tensors, found {file.Length - 8 - length}");
        }
        catch (Exception e) when (
            e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or EndOfStreamException or OverflowException)
        {
            result.Dispose();
            throw Damaged(e.Message, e);
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>Copies a file's tensors into the parameters and buffers of a module: all of them, no others, of the same shapes.</summary>
    /// <exception cref="InvalidDataException">Names or shapes differ; the message lists them and nothing was changed.</exception>
    public static void LoadInto(nn.Module module, string path)
    {
        using var file = Read(path);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var state = module.state_dict();
        var wrong = state.Keys.Union(file.Tensors.Keys).Where(name => !(state.TryGetValue(name, out var own) && file.Tensors.TryGetValue(name, out var read)
            && own.shape.SequenceEqual(read.shape))).Select(name => $"{name} (expected {Shape(state, name)}, found {Shape(file.Tensors, name)})").ToArray();
        if (wrong.Length > 0)
            throw new InvalidDataException($"{path} holds the weights of another network: {string.Join(", ", wrong.Take(4))}"
                + $"{(wrong.Length > 4 ? $" and {wrong.Length - 4} more" : "")}.");
        foreach (var (name, own) in state) own.copy_(file.Tensors[name]);
    }

    private static string Shape(IReadOnlyDictionary<string, Tensor> tensors, string name) =>
        tensors.TryGetValue(name, out var tensor) ? $"[{string.Join(", ", tensor.shape)}]" : "none";

    private static long ReadTensor(FileStream file, long start, JsonProperty entry, SafeTensorFile result)
    {
        var code = entry.Value.GetProperty("dtype").GetString()!;
        if (!Types.TryGetValue(code, out var type)) throw new FormatException($"tensor {entry.Name} has the unknown type {code}");
        long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64())];
        var (from, to) = (entry.Value.GetProperty("data_offsets")[0].GetInt64(), entry.Value.GetProperty("data_offsets")[1].GetInt64());
        if (shape.Any(s => s < 0) || from < 0 || to < from || start + to > file.Length) throw new FormatException($"tensor {entry.Name} lies outside the file");
        var tensor = empty(shape, dtype: type).DetachFromDisposeScope();
        result.Owned[entry.Name] = tensor;
        if (tensor.numel() * tensor.element_size() != to - from)
            throw new FormatException($"tensor {entry.Name} needs {tensor.numel() * tensor.element_size()} bytes, {to - from} are given");
        file.Position = start + from;
        if (to > from) file.ReadExactly(tensor.bytes);
        return to;
    }
}

/// <summary>The contents of a safetensors file.</summary>
public sealed class SafeTensorFile : IDisposable
{
    internal Dictionary<string, Tensor> Owned { get; } = [];

    internal Dictionary<string, string> Texts { get; } = [];

    /// <summary>Tensors by name, on the CPU; owned by this object.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors => Owned;

    /// <summary>Texts of the header.</summary>
    public IReadOnlyDictionary<string, string> Metadata => Texts;

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        foreach (var tensor in Owned.Values) tensor.Dispose();
    }
}
