using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Files;

/// <summary>Named tensors of a checkpoint, read one at a time.</summary>
public abstract class WeightSource : IDisposable
{
    /// <summary>What was opened, for messages.</summary>
    public abstract string Name { get; }

    /// <summary>Type and shape of every tensor, by its name in the file.</summary>
    public abstract IReadOnlyDictionary<string, WeightEntry> Entries { get; }

    /// <summary>One tensor, on the CPU, as stored. The caller owns it.</summary>
    /// <exception cref="KeyNotFoundException">No such tensor.</exception>
    public abstract Tensor Read(string name);

    /// <summary>Copies one tensor into another of its shape, of any type and on any device.</summary>
    /// <exception cref="KeyNotFoundException">No such tensor.</exception>
    public virtual void CopyTo(string name, Tensor target)
    {
        using var quiet = no_grad();
        using var tensor = Read(name);
        target.copy_(tensor);
    }

    /// <summary>Closes the files. Tensors that were read stay valid.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>Type and shape of a stored tensor.</summary>
/// <param name="Dtype">Of the tensor that is read: as stored, but float32 for 8-bit floats.</param>
/// <param name="Shape">As stored.</param>
public readonly record struct WeightEntry(ScalarType Dtype, IReadOnlyList<long> Shape)
{
    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (a, b) => a * b);
}
