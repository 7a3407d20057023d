using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Files.Torch;

/// <summary>A tuple.</summary>
internal sealed record PickleTuple(object?[] Items)
{
    /// <summary>The items as whole numbers; null where one is something else.</summary>
    public long[]? Numbers => Items.All(i => i is long) ? [.. Items.Cast<long>()] : null;
}

/// <summary>A name of the allow-list. It stands for what Python would import; nothing is imported.</summary>
internal sealed record PickleGlobal(string Module, string Name);

/// <summary>The shape of a tensor as a value.</summary>
internal sealed record TorchSize(long[] Axes);

/// <summary>A device as a value, such as <c>cuda:1</c>.</summary>
internal sealed record TorchDevice(string Name);

/// <summary>Numbers that tensors look at.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Dtype">Type of an element.</param>
/// <param name="ElementSize">Bytes of an element.</param>
/// <param name="Count">Number of elements.</param>
internal sealed record TorchStorage(string Key, ScalarType Dtype, int ElementSize, long Count)
{
    /// <summary>Where its bytes are: known at once in an archive, after the last pickle in the older stream.</summary>
    public TorchRecord? Record { get; set; }

    /// <summary>Bytes of all elements. Count is checked to make no more than a long holds.</summary>
    public long Bytes => Count * ElementSize;
}

/// <summary>Bytes of a storage in the file.</summary>
/// <param name="Start">First byte.</param>
/// <param name="Stored">Number of bytes in the file.</param>
/// <param name="Length">Number of bytes once inflated; the same where nothing is compressed.</param>
/// <param name="Deflated">Whether they are compressed.</param>
internal sealed record TorchRecord(long Start, long Stored, long Length, bool Deflated);

/// <summary>A view of a storage. Every element is known to lie inside it.</summary>
/// <param name="Storage">What it looks at; several tensors may share one.</param>
/// <param name="Offset">First element.</param>
/// <param name="Sizes">Length of each axis.</param>
/// <param name="Strides">Elements from one index of an axis to the next.</param>
/// <param name="RequiresGrad">As saved.</param>
/// <param name="IsParameter">Whether it was saved as a parameter.</param>
internal sealed record TorchTensor(TorchStorage Storage, long Offset, long[] Sizes, long[] Strides, bool RequiresGrad, bool IsParameter = false);
