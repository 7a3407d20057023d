using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>Five linear layers with nothing between them: the published heads have only dropout there, so that in use they are one affine map.</summary>
internal sealed class LinearHead : NamedModule
{
    // The numbers between are dropouts.
    private static readonly int[] Numbers = [0, 2, 4, 6, 7];
    private readonly Linear[] layers;

    /// <param name="widths">Input, four hidden widths, output.</param>
    /// <param name="format">Of the weights.</param>
    public LinearHead(IReadOnlyList<long> widths, WeightFormat format) : base(nameof(LinearHead))
    {
        if (widths.Count != Numbers.Length + 1) throw new ArgumentException($"expected {Numbers.Length + 1} widths, found {widths.Count}", nameof(widths));
        layers = [.. Numbers.Select((number, i) => Add($"layers.{number}", new Linear(widths[i], widths[i + 1], format)))];
    }

    /// <summary>The widths of a stored head.</summary>
    /// <param name="weights">Borrowed.</param>
    /// <param name="prefix">Before <c>layers</c>.</param>
    public static long[] Widths(WeightSource weights, string prefix = "")
    {
        var shapes = Array.ConvertAll(Numbers, number => weights.Entries.TryGetValue($"{prefix}layers.{number}.weight", out var entry) && entry.Shape.Count == 2
            ? entry.Shape : throw new InvalidDataException($"{weights.Name}: expected a matrix {prefix}layers.{number}.weight; this is no reward head"));
        return [shapes[0][1], .. shapes.Select(s => s[0])];
    }

    /// <param name="x">Shape [B, input].</param>
    /// <returns>Shape [B, output].</returns>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        foreach (var layer in layers) x = layer.Forward(x);
        return x.MoveToOuterDisposeScope();
    }
}
