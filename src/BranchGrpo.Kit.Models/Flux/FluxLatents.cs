using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Flux;

/// <summary>Latents as FLUX sees them: a token for each patch of 2 x 2, row by row; inside a token the channel is slowest, then the row, then the
/// column.</summary>
public static class FluxLatents
{
    /// <summary>Pixels along the side of a patch, with the usual autoencoder of factor 8.</summary>
    public const int PixelsPerToken = 16;

    /// <summary>Packs latents into tokens.</summary>
    /// <param name="latents">Height and width are even. Shape [B, C, H, W].</param>
    /// <returns>Shape [B, (H/2)·(W/2), 4·C].</returns>
    public static Tensor Pack(Tensor latents)
    {
        using var scope = NewDisposeScope();
        if (latents.dim() != 4 || latents.shape[2] % 2 != 0 || latents.shape[3] % 2 != 0)
            throw new ArgumentException($"expected latents [B, C, H, W] with even H and W, found [{string.Join(", ", latents.shape)}]", nameof(latents));
        var (batch, channels, rows, columns) = (latents.shape[0], latents.shape[1], latents.shape[2] / 2, latents.shape[3] / 2);
        var patches = latents.reshape(batch, channels, rows, 2, columns, 2).permute(0, 2, 4, 1, 3, 5);              // [B, rows, columns, C, 2, 2]
        return patches.reshape(batch, rows * columns, 4 * channels).MoveToOuterDisposeScope();
    }

    /// <summary>The inverse of <see cref="Pack"/>.</summary>
    /// <param name="tokens">Shape [B, rows·columns, 4·C].</param>
    /// <param name="rows">Of patches.</param>
    /// <param name="columns">Of patches.</param>
    /// <returns>Shape [B, C, 2·rows, 2·columns].</returns>
    public static Tensor Unpack(Tensor tokens, long rows, long columns)
    {
        using var scope = NewDisposeScope();
        if (tokens.dim() != 3 || tokens.shape[1] != rows * columns || tokens.shape[2] % 4 != 0)
            throw new ArgumentException($"expected tokens [B, {rows} x {columns}, 4·C], found [{string.Join(", ", tokens.shape)}]", nameof(tokens));
        var (batch, channels) = (tokens.shape[0], tokens.shape[2] / 4);
        var pixels = tokens.reshape(batch, rows, columns, channels, 2, 2).permute(0, 3, 1, 4, 2, 5);                // [B, C, rows, 2, columns, 2]
        return pixels.reshape(batch, channels, 2 * rows, 2 * columns).MoveToOuterDisposeScope();
    }

    /// <summary>Rows and columns of patches of a picture; what is left over of a multiple of a patch is dropped.</summary>
    /// <param name="pixelHeight">Of the picture.</param>
    /// <param name="pixelWidth">Of the picture.</param>
    /// <param name="vaeScaleFactor">Pixels along the side of a latent.</param>
    public static (long Rows, long Columns) Grid(long pixelHeight, long pixelWidth, int vaeScaleFactor = PixelsPerToken / 2) =>
        (pixelHeight / (2 * vaeScaleFactor), pixelWidth / (2 * vaeScaleFactor));

    /// <summary>Positions of image tokens, (0, row, column).</summary>
    /// <returns>Shape [rows·columns, 3], float32.</returns>
    public static Tensor Ids(long rows, long columns, Device? device = null)
    {
        using var scope = NewDisposeScope();
        var ids = zeros([rows, columns, 3], dtype: ScalarType.Float32, device: device);
        ids.select(2, 1).copy_(arange(Scalars.Of(rows), dtype: ScalarType.Float32, device: device).unsqueeze(1).expand(rows, columns));
        ids.select(2, 2).copy_(arange(Scalars.Of(columns), dtype: ScalarType.Float32, device: device).expand(rows, columns));
        return ids.view(rows * columns, 3).MoveToOuterDisposeScope();
    }

    /// <summary>Positions of text tokens, zeros.</summary>
    /// <returns>Shape [length, 3], float32.</returns>
    public static Tensor TextIds(long length, Device? device = null) => zeros([length, 3], dtype: ScalarType.Float32, device: device);
}
