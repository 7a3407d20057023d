using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Sd3;

/// <summary>Latents to tokens: one convolution per patch, plus the centre of a position table that the checkpoint stores.</summary>
internal sealed class PatchEmbedding : NamedModule
{
    private readonly Convolution projection;
    private readonly Tensor table;
    private readonly long patch;
    private readonly long positions;

    public PatchEmbedding(Sd3Config config, WeightFormat format) : base(nameof(PatchEmbedding))
    {
        (patch, positions) = (config.Patch, config.Positions);
        projection = Add("proj", new Convolution(config.Inputs, config.Width, patch, format, stride: patch));
        // No parameter: training leaves it alone.
        table = empty([1, positions * positions, config.Width], dtype: format.Dtype, device: format.Device).DetachFromDisposeScope();
        register_buffer("pos_embed", table);
    }

    /// <param name="latents">Shape [B, C, H, W].</param>
    /// <param name="probe">Told cropped_position_table and patches_plus_position.</param>
    /// <returns>Row by row. Shape [B, H/patch·W/patch, D].</returns>
    public Tensor Forward(Tensor latents, Probe? probe = null)
    {
        using var scope = NewDisposeScope();
        var centre = Centre(latents.shape[2] / patch, latents.shape[3] / patch);                   // [1, N, D]
        var tokens = projection.Forward(latents).flatten(2).transpose(1, 2).add(centre.to(latents.dtype));           // [B, N, D]
        probe?.Invoke("cropped_position_table", centre);
        probe?.Invoke("patches_plus_position", tokens);
        return tokens.MoveToOuterDisposeScope();
    }

    private Tensor Centre(long rows, long columns)
    {
        if (rows < 1 || columns < 1 || rows > positions || columns > positions)
            throw new ArgumentException($"latents of {rows} x {columns} patches; expected 1 to {positions} of each, as the position table has");
        return table.view(positions, positions, -1).narrow(0, (positions - rows) / 2, rows).narrow(1, (positions - columns) / 2, columns)
            .reshape(1, rows * columns, -1);
    }

    /// <summary>The table as the published class makes it: the first half of the channels describes the column, the second the row; each half has sines,
    /// then cosines, of p·10000^(−4i/D), p = index·base/n with base patches along the side of a sample.</summary>
    /// <returns>Shape [1, n·n, D], float32, n = <see cref="Sd3Config.Positions"/>.</returns>
    public static Tensor Table(Sd3Config config)
    {
        using var scope = NewDisposeScope();
        var (n, quarter) = (config.Positions, config.Width / 4);
        var spacing = n / (double)(config.SampleSize / config.Patch);
        var p = arange(n, ScalarType.Float32).div(Scalars.Of(spacing)).to(ScalarType.Float64);                                       // [n]
        var frequencies = arange(quarter, ScalarType.Float64).div(Scalars.Of(quarter)).mul(Scalars.Of(-Math.Log(10000))).exp();      // [D/4]
        var angles = p.unsqueeze(1).mul(frequencies);                                                                                // [n, D/4]
        var waves = cat([angles.sin(), angles.cos()], 1);                                                                            // [n, D/2]
        var (columns, rows) = (waves.unsqueeze(0).expand(n, n, -1), waves.unsqueeze(1).expand(n, n, -1));                            // [n, n, D/2]
        return cat([columns, rows], 2).view(1, n * n, -1).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }
}
