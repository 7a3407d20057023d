using System.IO.MemoryMappedFiles;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Native;

/// <summary>A file of weights, opened by mapping: a range stands in memory only while it is copied to where it is wanted, so that a checkpoint of 24 GB
/// costs no heap. The file must not be cut while it is open.</summary>
public sealed unsafe class MappedFile : IDisposable
{
    private const int Part = 1 << 26;
    private readonly MemoryMappedFile? map;

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public MappedFile(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        (Path, Length) = (path, file.Length);
        if (Length > 0) map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        else file.Dispose();
    }

    /// <summary>What was opened.</summary>
    public string Path { get; }

    /// <summary>Length in bytes.</summary>
    public long Length { get; }

    /// <summary>Copies bytes from a place of the file.</summary>
    /// <exception cref="EndOfStreamException">The range is not in the file.</exception>
    public void Copy(long start, Span<byte> into)
    {
        if (start < 0 || start > Length - into.Length)
            throw new EndOfStreamException($"{Path}: {into.Length} bytes from {start} on were asked for, the file has {Length}.");
        if (into.IsEmpty) return;
        using var view = map!.CreateViewAccessor(start, into.Length, MemoryMappedFileAccess.Read);
        byte* first = null;
        try
        {
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref first);
            new ReadOnlySpan<byte>(first + view.PointerOffset, into.Length).CopyTo(into);
        }
        finally
        {
            if (first is not null) view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    /// <summary>Fills a contiguous tensor on the CPU with bytes from a place of the file, aligned or not.</summary>
    public void Copy(long start, Tensor into)
    {
        foreach (var part in Parts(into))
        {
            Copy(start, part.bytes);
            start += part.numel() * part.element_size();
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => map?.Dispose();

    /// <summary>A contiguous tensor cut into flat views, because a span holds 2 GiB at most. Each is valid until the next one.</summary>
    public static IEnumerable<Tensor> Parts(Tensor whole)
    {
        using var values = whole.detach();
        using var flat = values.view(-1);
        for (var first = 0L; first < flat.shape[0]; first += Part)
        {
            using var part = flat.narrow(0, first, Math.Min(Part, flat.shape[0] - first));
            yield return part;
        }
    }
}
