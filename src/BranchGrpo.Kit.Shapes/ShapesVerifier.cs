using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes;

/// <summary>Says exactly what a picture shows: the nearest in L2 of 4,320 clean pictures (240 captions × 9 shifts × 2 radii).</summary>
/// <remarks>It learned nothing, so nothing can be earned by fooling it except by drawing the right shape.</remarks>
public static class ShapesVerifier
{
    private const int Variants = 18, Pixels = 3 * ShapesRenderer.Side * ShapesRenderer.Side;
    private static readonly Lazy<(Tensor Pictures, Tensor Squares)> templates = new(Build);

    /// <summary>Judges pictures.</summary>
    /// <param name="pictures">Shape [B, 3, 32, 32].</param>
    /// <param name="captions">What they should show. Length B.</param>
    /// <returns>Length B.</returns>
    public static ShapesVerdict[] Verify(Tensor pictures, IReadOnlyList<Caption> captions)
    {
        if (pictures.shape[0] != captions.Count)
            throw new ArgumentException($"{captions.Count} captions for {pictures.shape[0]} pictures", nameof(captions));
        var (known, squares) = templates.Value;
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var flat = pictures.detach().cpu().to(ScalarType.Float32).clamp(-1.2, 1.2).reshape(-1, Pixels);          // [B, pixels]
        var distance = flat.square().sum(1, true) - flat.mm(known.t()) * 2 + squares;                            // [B, 18·240]
        var nearest = distance.argmin(1).data<long>().ToArray();
        var own = tensor([.. captions.Select(c => (long)c.Index)], [captions.Count, 1, 1], ScalarType.Int64);
        var rest = distance.view(-1, Variants, Caption.Total).gather(2, own.expand(-1, Variants, 1)).amin([1, 2]);
        var rmse = (rest.clamp(min: 0) / Pixels).sqrt().data<float>().ToArray();
        return [.. captions.Select((caption, i) => Judge(caption, Caption.FromIndex((int)(nearest[i] % Caption.Total)), rmse[i]))];
    }

    private static ShapesVerdict Judge(Caption asked, Caption seen, double rmse) => new(seen, asked.Shape == seen.Shape, asked.Colour == seen.Colour,
        asked.Size == seen.Size, asked.Position == seen.Position, rmse);

    private static (Tensor, Tensor) Build()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var attributes = ShapesRenderer.Attributes(Caption.All);
        Tensor none = zeros(Caption.Total), tint = zeros(Caption.Total, 3);
        var pictures = new List<Tensor>();
        foreach (var right in (float[])[-1, 0, 1])
            foreach (var down in (float[])[-1, 0, 1])
                foreach (var growth in (float[])[-0.4f, 0.4f])
                {
                    var shift = tensor([right, down]).expand(Caption.Total, 2);                // [240, 2]
                    pictures.Add(ShapesRenderer.Draw(attributes, shift, none + growth, tint, none).view(Caption.Total, Pixels));
                }
        var all = cat(pictures, 0);                                                            // [18·240, pixels]
        return (all.DetachFromDisposeScope(), all.square().sum(1).DetachFromDisposeScope());
    }
}
