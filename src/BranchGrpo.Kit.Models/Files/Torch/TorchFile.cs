using System.Numerics;
using BranchGrpo.Kit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Files.Torch;

/// <summary>A file of <c>torch.save</c>: the zip archive of torch 1.6 and later, or the stream of pickles before it. Opening reads what the file
/// describes and checks that every tensor lies inside it; numbers are read when they are asked for.</summary>
internal sealed class TorchFile : IDisposable
{
    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356");
    private readonly MappedFile file;
    private readonly bool bigEndian;
    private (TorchStorage Storage, Tensor Values)? inflated;

    /// <exception cref="InvalidDataException">Damaged, hostile, or not a file of weights; the message says why.</exception>
    public TorchFile(string path)
    {
        file = new(path);
        try
        {
            Span<byte> start = stackalloc byte[2];
            if (file.Length >= 2) file.Copy(0, start);
            if (start.SequenceEqual("PK"u8)) (Root, bigEndian) = ReadArchive();
            else if (start[0] == 0x80) Root = ReadStream();
            else throw new FormatException("it begins neither like a zip archive nor like a pickle");
        }
        catch (Exception e)
        {
            file.Dispose();
            if (e is FormatException) throw Refused(e);
            throw;
        }
    }

    /// <summary>The value that was saved; see <see cref="Unpickler.Read"/> for its types. It may be deep or contain itself.</summary>
    public object? Root { get; }

    public string Path => file.Path;

    /// <summary>Reads a tensor. The caller owns it; it shares nothing with others.</summary>
    public Tensor Read(TorchTensor tensor)
    {
        using var scope = NewDisposeScope();
        var (storage, last) = (tensor.Storage, tensor.Offset);
        if (tensor.Sizes.Contains(0)) return empty(tensor.Sizes, dtype: storage.Dtype).MoveToOuterDisposeScope();
        for (var i = 0; i < tensor.Sizes.Length; i++) last += (tensor.Sizes[i] - 1) * tensor.Strides[i];
        var values = Values(storage, tensor.Offset, last + 1 - tensor.Offset);                     // [elements from the first to the last]
        return (values.shape[0] == tensor.Sizes.Aggregate(1L, (a, b) => a * b) && IsContiguous(tensor)
            ? values.view(tensor.Sizes)
            : values.as_strided(tensor.Sizes, tensor.Strides).contiguous().clone()).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        inflated?.Values.Dispose();
        file.Dispose();
    }

    private (object? Root, bool BigEndian) ReadArchive()
    {
        var archive = new TorchArchive(file);
        var order = archive.Has("byteorder") ? System.Text.Encoding.ASCII.GetString(archive.Read(Small(archive.Find("byteorder")))) : "little";
        if (order is not ("little" or "big")) throw new FormatException($"its byte order is \"{order}\", expected little or big");
        if (!archive.Has("data.pkl")) throw new FormatException("the archive has no data.pkl");
        var pickle = archive.Find("data.pkl");
        var known = new Dictionary<string, TorchStorage>(StringComparer.Ordinal);
        TorchStorage Storage(object?[] id)
        {
            if (id.Length != 5) throw new FormatException($"the id of a storage has {id.Length} parts, expected 5");
            var storage = Same(known, TorchGlobals.Storage(id));
            if (storage.Record is not null) return storage;
            var record = storage.Key.Contains('/') ? throw new FormatException($"a storage is named \"{storage.Key}\"") : archive.Find($"data/{storage.Key}");
            if (record.Length != storage.Bytes)
                throw new FormatException($"storage {storage.Key} should have {storage.Bytes} bytes, its record has {record.Length}");
            storage.Record = record;
            return storage;
        }
        PickleBytes bytes;
        if (!pickle.Deflated) bytes = new(file.Copy, pickle.Start, pickle.Start + pickle.Length);
        else
        {
            var whole = archive.Read(pickle);
            bytes = new((from, into) => whole.AsSpan((int)from, into.Length).CopyTo(into), 0, whole.Length);
        }
        var root = new Unpickler(bytes, Storage).Read();
        return bytes.Left == 0 ? (root, order == "big") : throw new FormatException($"{bytes.Left} bytes follow the end of data.pkl");
    }

    private object? ReadStream()
    {
        var bytes = new PickleBytes(file.Copy, 0, file.Length);
        if (!(new Unpickler(bytes).Read() is BigInteger magic && magic == Magic)) throw new FormatException("the pickle is not one of torch.save");
        if (new Unpickler(bytes).Read() is not 1001L) throw new FormatException("its protocol is not 1001");
        if (new Unpickler(bytes).Read() is not PickleDictionary system || system["little_endian"] is not true)
            throw new FormatException("it was written on a big-endian machine");
        var known = new Dictionary<string, TorchStorage>(StringComparer.Ordinal);
        var root = new Unpickler(bytes, id => Same(known, TorchGlobals.Storage(id))).Read();
        if (new Unpickler(bytes).Read() is not List<object?> keys) throw new FormatException("the list of its storages is missing");
        foreach (var key in keys)
        {
            if (key is not string name || !known.TryGetValue(name, out var storage) || storage.Record is not null)
                throw new FormatException("the list of its storages is not that of its tensors");
            var count = bytes.UInt64();
            if (count != (ulong)storage.Count || storage.Bytes > bytes.Left)
                throw new FormatException($"storage {name} should have {storage.Count} elements, found {count} and {bytes.Left} bytes to the end of the file");
            storage.Record = new(bytes.Position, storage.Bytes, storage.Bytes, Deflated: false);
            bytes.Skip(storage.Bytes);
        }
        return bytes.Left == 0 && known.Values.All(s => s.Record is not null) ? root : throw new FormatException("its storages do not fill the file");
    }

    // One storage is described each time that a tensor uses it, in the same words.
    private static TorchStorage Same(Dictionary<string, TorchStorage> known, TorchStorage found)
    {
        if (known.TryAdd(found.Key, found)) return found;
        var before = known[found.Key];
        return (before.Dtype, before.Count) == (found.Dtype, found.Count) ? before : throw new FormatException($"storage {found.Key} is described in two ways");
    }

    private static TorchRecord Small(TorchRecord record) => record.Length <= 16 ? record : throw new FormatException("its byte order is not a word");

    private static bool IsContiguous(TorchTensor tensor)
    {
        var stride = 1L;
        for (var i = tensor.Sizes.Length - 1; i >= 0; i--)
        {
            if (tensor.Sizes[i] != 1 && tensor.Strides[i] != stride) return false;
            stride *= tensor.Sizes[i];
        }
        return true;
    }

    private Tensor Values(TorchStorage storage, long offset, long count)
    {
        if (storage.Record!.Deflated) return Inflated(storage).narrow(0, offset, count);
        var values = empty(count, dtype: storage.Dtype);
        file.Copy(storage.Record.Start + offset * storage.ElementSize, values);
        Swap(storage, values);
        return values;
    }

    // Many tensors may share one compressed storage: the last one is kept.
    private Tensor Inflated(TorchStorage storage)
    {
        if (inflated is { } last && last.Storage == storage) return last.Values;
        inflated?.Values.Dispose();
        inflated = null;
        var values = empty(storage.Count, dtype: storage.Dtype);
        try
        {
            TorchArchive.Inflate(file, storage.Record!, stream =>
            {
                foreach (var part in MappedFile.Parts(values)) stream.ReadExactly(part.bytes);
            });
        }
        catch (FormatException e)
        {
            throw Refused(e);
        }
        Swap(storage, values);
        inflated = (storage, values.DetachFromDisposeScope());
        return values;
    }

    private void Swap(TorchStorage storage, Tensor values)
    {
        if (!bigEndian || storage.ElementSize == 1) return;
        foreach (var part in MappedFile.Parts(values))
            for (var bytes = part.bytes; !bytes.IsEmpty; bytes = bytes[storage.ElementSize..]) bytes[..storage.ElementSize].Reverse();
    }

    private InvalidDataException Refused(Exception e) => new($"{file.Path} is not a file of weights that can be read: {e.Message}.", e);
}
