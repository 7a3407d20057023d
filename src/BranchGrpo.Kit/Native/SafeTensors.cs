using System.Buffers.Binary;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Native;

/// <summary>Reads and writes safetensors files: an 8-byte header length, a JSON header of dtype, shape and byte range per tensor, then the
/// bytes.</summary>
/// <remarks>Format: huggingface/safetensors 0.8, whose rules are all checked; names that occur twice are refused too.</remarks>
public static class SafeTensors
{
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
            var type = SafeTensorHeader.Types.FirstOrDefault(t => t.Dtype == tensor.dtype).Name
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
                foreach (var part in MappedFile.Parts(tensor)) file.Write(part.bytes);
        });
    }

    /// <summary>Opens a file: reads and checks its header. Tensors are read when they are asked for.</summary>
    /// <exception cref="InvalidDataException">The file is truncated or breaks a rule of the format; the message says which.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static SafeTensorFile Read(string path) => new(path);

    /// <summary>Copies a file's tensors into the parameters and buffers of a module: all of them, no others, of the same shapes.</summary>
    /// <exception cref="InvalidDataException">Names or shapes differ; the message lists them and nothing was changed.</exception>
    public static void LoadInto(nn.Module module, string path)
    {
        using var file = Read(path);
        using var scope = NewDisposeScope();
        var state = module.state_dict();
        string? Own(string name) => state.TryGetValue(name, out var own) ? Text(own.shape) : null;
        string? Stored(string name) => file.Entries.TryGetValue(name, out var entry) ? Text(entry.Shape) : null;
        var wrong = state.Keys.Union(file.Entries.Keys).Where(name => Own(name) != Stored(name))
            .Select(name => $"{name} (expected {Own(name) ?? "none"}, found {Stored(name) ?? "none"})").ToArray();
        if (wrong.Length > 0)
            throw new InvalidDataException($"{path} holds the weights of another network: {string.Join(", ", wrong.Take(4))}"
                + $"{(wrong.Length > 4 ? $" and {wrong.Length - 4} more" : "")}.");
        foreach (var (name, own) in state) file.CopyTo(name, own);
    }

    private static string Text(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";
}
