using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes;

/// <summary>Draws captioned pictures: one anti-aliased shape on a grey ground, 32 × 32 pixels, values about in [−1, 1].</summary>
/// <remarks>
/// Coverage of a pixel is sigmoid(−3·d) with d the signed distance in pixels to the outline. Radius 4 (small) or 7.5 (large).
/// Natural variation: centre ±1.5 px, radius ±0.5 px, each colour channel ±0.12, ground −0.6 ± 0.15, pixel noise of deviation 0.03.
/// </remarks>
public static class ShapesRenderer
{
    /// <summary>Height and width in pixels.</summary>
    public const int Side = 32;

    private static readonly float[] Rgb = [1, -1, -1, -1, 1, -1, -1, -1, 1, 1, 1, -1, 1, -1, 1, -1, 1, 1];
    private static readonly float[] Centres = [10, 10, 22, 10, 10, 22, 22, 22, 16, 16];

    /// <summary>Draws one picture per caption with natural variation.</summary>
    /// <param name="captions">Length B.</param>
    /// <param name="generator">Source of all randomness; the same state gives the same pictures.</param>
    /// <returns>Shape [B, 3, 32, 32]; the caller owns it.</returns>
    public static Tensor Render(IReadOnlyList<Caption> captions, Generator generator)
    {
        using var scope = NewDisposeScope();
        return Render(Attributes(captions), generator).MoveToOuterDisposeScope();
    }

    /// <summary>Numbers of shape, colour, size and position. Shape [B, 4], int64.</summary>
    internal static Tensor Attributes(IReadOnlyList<Caption> captions) =>
        tensor([.. captions.SelectMany(c => c.Attributes.Select(a => (long)a))], [captions.Count, 4], ScalarType.Int64);

    internal static Tensor Render(Tensor attributes, Generator generator)
    {
        using var scope = NewDisposeScope();
        var count = attributes.shape[0];
        var jitter = rand([count, 7], generator: generator) * 2 - 1;                           // [B, 7] in [−1, 1)
        var clean = Draw(attributes, jitter.narrow(1, 0, 2) * 1.5f, jitter.select(1, 2) * 0.5f, jitter.narrow(1, 3, 3) * 0.12f,
            jitter.select(1, 6) * 0.15f);
        return (clean + randn(clean.shape, generator: generator) * 0.03f).MoveToOuterDisposeScope();
    }

    /// <summary>Draws without noise, with the given departures from the caption's centre, radius, colour and ground.</summary>
    /// <param name="attributes">Shape [B, 4], int64.</param>
    /// <param name="shift">Pixels. Shape [B, 2].</param>
    /// <param name="growth">Pixels. Shape [B].</param>
    /// <param name="tint">Shape [B, 3].</param>
    /// <param name="ground">Shape [B].</param>
    /// <returns>Shape [B, 3, 32, 32].</returns>
    internal static Tensor Draw(Tensor attributes, Tensor shift, Tensor growth, Tensor tint, Tensor ground)
    {
        using var scope = NewDisposeScope();
        var count = attributes.shape[0];
        var centre = tensor(Centres, [5, 2]).index_select(0, attributes.select(1, 3)) + shift;                    // [B, 2]
        var colour = tensor(Rgb, [6, 3]).index_select(0, attributes.select(1, 1)) * 0.85f + tint;                 // [B, 3]
        var radius = (attributes.select(1, 2).to(ScalarType.Float32) * 3.5f + 4 + growth).view(count, 1, 1);      // [B, 1, 1]
        var axis = arange(Side, dtype: ScalarType.Float32) + 0.5f;                                                // [32]
        var right = axis.view(1, 1, Side) - centre.select(1, 0).view(count, 1, 1);                                // [B, 1, 32]
        var down = axis.view(1, Side, 1) - centre.select(1, 1).view(count, 1, 1);                                 // [B, 32, 1]
        Tensor across = right.abs(), along = down.abs();
        var circle = (right.square() + down.square() + 1e-6f).sqrt() - radius;                                    // [B, 32, 32]
        var square = maximum(across, along) - radius * 0.88f;
        var triangle = maximum(down - radius * 0.8f, across * 0.8944f - (down + radius) * 0.4472f);
        var cross = minimum(maximum(across - radius, along - radius * 0.35f), maximum(across - radius * 0.35f, along - radius));
        var pick = attributes.select(1, 0).view(count, 1, 1, 1).expand(count, 1, Side, Side);
        var distance = stack([circle, square, triangle, cross], 1).gather(1, pick);                               // [B, 1, 32, 32]
        var coverage = sigmoid(distance * -3f);
        var back = (ground - 0.6f).view(count, 1, 1, 1);
        return (back + (colour.view(count, 3, 1, 1) - back) * coverage).MoveToOuterDisposeScope();                // [B, 3, 32, 32]
    }
}
