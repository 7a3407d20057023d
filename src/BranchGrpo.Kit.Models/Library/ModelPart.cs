using BranchGrpo.Kit.Models.Files;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Library;

/// <summary>A network of a model, as its files describe it; no weight is read.</summary>
/// <param name="Name">As in the pipeline's folder: <c>transformer</c>, <c>text_encoder_2</c>, <c>vae</c>; <c>weights</c> for a file of its own.</param>
/// <param name="Path">A folder or a file that <see cref="Checkpoint.Open"/> takes.</param>
/// <param name="Parameters">Stored elements.</param>
/// <param name="Bytes">Their size as stored.</param>
/// <param name="Dtype">Most frequent element type.</param>
public sealed record ModelPart(string Name, string Path, long Parameters, long Bytes, ScalarType Dtype)
{
    /// <summary>Counts what a checkpoint holds.</summary>
    /// <exception cref="InvalidDataException">It cannot be read; the message says why.</exception>
    public static ModelPart Of(string name, string path)
    {
        using var weights = Checkpoint.Open(path);
        return Of(name, path, weights);
    }

    internal static ModelPart Of(string name, string path, WeightSource weights)
    {
        if (weights.Entries.Count == 0) throw new InvalidDataException($"{path} holds no weights");
        var types = weights.Entries.Values.GroupBy(e => e.Dtype).Select(g => (Type: g.Key, Count: g.Sum(e => e.Count))).ToArray();
        return new(name, path, types.Sum(t => t.Count), types.Sum(t => t.Count * SizeOf(t.Type)), types.MaxBy(t => t.Count).Type);
    }

    /// <summary>Bytes of its weights in another type.</summary>
    public long BytesAs(ScalarType type) => Parameters * SizeOf(type);

    internal static long SizeOf(ScalarType type) => type switch
    {
        ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Float64 or ScalarType.Int64 or ScalarType.ComplexFloat32 => 8,
        ScalarType.ComplexFloat64 => 16,
        _ => 4,
    };
}
