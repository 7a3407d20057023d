using System.Text.Json;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Native;

/// <summary>Where a tensor stands in a safetensors file.</summary>
/// <param name="Format">Type as the file names it, such as <c>BF16</c> or <c>F8_E4M3</c>.</param>
/// <param name="Dtype">Type of the tensor that is read: the same, but bytes for 8-bit floats.</param>
/// <param name="Shape">Length of each axis.</param>
/// <param name="Start">First byte in the file.</param>
/// <param name="Length">Number of bytes.</param>
public readonly record struct SafeTensorEntry(string Format, ScalarType Dtype, IReadOnlyList<long> Shape, long Start, long Length);

/// <summary>An open safetensors file. Only its header has been read; tensors are copied out of the mapping when they are asked for.</summary>
public sealed class SafeTensorFile : IDisposable
{
    private readonly MappedFile file;
    private readonly Dictionary<string, SafeTensorEntry> entries;
    private readonly Dictionary<string, string> metadata;
    private Dictionary<string, Tensor>? tensors;

    internal SafeTensorFile(string path)
    {
        file = new(path);
        try
        {
            (entries, metadata) = SafeTensorHeader.Read(file);
        }
        catch (Exception e)
        {
            file.Dispose();
            if (e is not (FormatException or JsonException or InvalidOperationException or KeyNotFoundException)) throw;
            throw new InvalidDataException($"{path} is not a whole safetensors file: {e.Message}{(e.Message.EndsWith('.') ? "" : ".")}", e);
        }
    }

    /// <summary>Type, shape and place of every tensor, by name.</summary>
    public IReadOnlyDictionary<string, SafeTensorEntry> Entries => entries;

    /// <summary>Texts of the header.</summary>
    public IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <summary>All tensors by name, on the CPU, read at the first use; owned by this object. For small files.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors => tensors ??= entries.Keys.ToDictionary(name => name, name => Read(name).DetachFromDisposeScope());

    /// <summary>Reads one tensor.</summary>
    /// <returns>A tensor on the CPU; the caller owns it and may write to it.</returns>
    /// <exception cref="KeyNotFoundException">No such tensor.</exception>
    public Tensor Read(string name)
    {
        var tensor = empty([.. entries[name].Shape], dtype: entries[name].Dtype);
        file.Copy(entries[name].Start, tensor);
        return tensor;
    }

    /// <summary>Copies one tensor into another of its shape, of any type and on any device: without a step between where both are alike.</summary>
    public void CopyTo(string name, Tensor target)
    {
        var entry = entries[name];
        if (!target.shape.SequenceEqual(entry.Shape))
            throw new ArgumentException($"{file.Path}: {name} has shape [{string.Join(", ", entry.Shape)}], the target [{string.Join(", ", target.shape)}].");
        if (entry.Format.StartsWith("F8", StringComparison.Ordinal))
            throw new InvalidDataException($"{file.Path}: {name} holds 8-bit floats ({entry.Format}), which cannot be copied as they are.");
        using var noGradient = no_grad();
        if (target.dtype == entry.Dtype && target.device_type == TorchSharp.DeviceType.CPU && target.is_contiguous()) file.Copy(entry.Start, target);
        else
        {
            using var tensor = Read(name);
            target.copy_(tensor);
        }
    }

    /// <summary>Frees the tensors and closes the file.</summary>
    public void Dispose()
    {
        if (tensors is not null)
            foreach (var tensor in tensors.Values) tensor.Dispose();
        file.Dispose();
    }
}
