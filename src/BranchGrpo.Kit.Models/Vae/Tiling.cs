using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Vae;

/// <summary>Coding of a large picture in overlapping square tiles, so that memory does not grow with the picture. Normalisation and attention see one
/// tile only: the result differs visibly from the plain one.</summary>
/// <param name="Sample">Side of a tile of the picture, pixels.</param>
/// <param name="Latent">Side of the same tile of the latent.</param>
/// <param name="Overlap">Share of a tile that its neighbour has too.</param>
internal sealed record Tiling(long Sample, long Latent, double Overlap = 0.25)
{
    /// <summary>The tiles of the published class.</summary>
    public static Tiling Of(AutoencoderConfig config) => new(config.SampleSize, config.SampleSize / config.Downscale);

    /// <summary>Latents to pictures.</summary>
    /// <param name="latents">Shape [B, L, h, w].</param>
    /// <param name="decode">Decodes one tile.</param>
    public Tensor Decode(Tensor latents, Func<Tensor, Tensor> decode) => Join(latents, Latent, Sample, decode);

    /// <summary>Pictures to moments.</summary>
    /// <param name="images">Shape [B, C, H, W].</param>
    /// <param name="encode">Encodes one tile.</param>
    public Tensor Encode(Tensor images, Func<Tensor, Tensor> encode) => Join(images, Sample, Latent, encode);

    private Tensor Join(Tensor x, long from, long to, Func<Tensor, Tensor> code)
    {
        var (height, width) = (x.shape[2], x.shape[3]);
        if (height <= from && width <= from) return code(x);
        var (stride, blend) = ((long)(from * (1 - Overlap)), (long)(to * Overlap));
        if (stride < 1) throw new InvalidOperationException($"Tiles of {from} that overlap by {Overlap} do not advance; use larger tiles.");
        using var scope = NewDisposeScope();
        List<Tensor> rows = [];
        Tensor[]? above = null;
        for (var top = 0L; top < height; top += stride)
        {
            List<Tensor> row = [];
            for (var left = 0L; left < width; left += stride)
            {
                var tile = code(x.narrow(2, top, Math.Min(from, height - top)).narrow(3, left, Math.Min(from, width - left)));
                // The neighbours are blended already: what goes into this tile has itself been blended into.
                if (above is not null) tile = Blend(above[row.Count], tile, 2, blend);
                if (row.Count > 0) tile = Blend(row[^1], tile, 3, blend);
                row.Add(tile);
            }
            rows.Add(cat([.. row.Select(t => Crop(Crop(t, 2, to - blend), 3, to - blend))], 3));
            above = [.. row];
        }
        return cat(rows, 2).MoveToOuterDisposeScope();
    }

    private static Tensor Crop(Tensor x, int axis, long length) => x.narrow(axis, 0, Math.Min(length, x.shape[axis]));

    // The first n rows (columns) of b become a line from the last n of a to b; b's share starts at 0.
    private static Tensor Blend(Tensor a, Tensor b, int axis, long blend)
    {
        var n = Math.Min(Math.Min(a.shape[axis], b.shape[axis]), blend);
        if (n == 0) return b;
        var share = arange(n, ScalarType.Float64, b.device).div(Scalars.Of(n)).view(axis == 2 ? [1, 1, n, 1] : [1, 1, 1, n]);
        var (mine, theirs) = (share.to(b.dtype), share.neg().add(Scalars.Of(1)).to(b.dtype));
        var mixed = a.narrow(axis, a.shape[axis] - n, n).mul(theirs).add(b.narrow(axis, 0, n).mul(mine));
        return cat([mixed, b.narrow(axis, n, b.shape[axis] - n)], axis);
    }
}
