using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Sd3;

/// <summary>c = MLP(sinusoids of the time) + MLP(pooled text).</summary>
internal sealed class Sd3Conditioning : NamedModule
{
    private const long Channels = 256;
    private readonly TwoLayers time;
    private readonly TwoLayers text;

    public Sd3Conditioning(Sd3Config config, WeightFormat format) : base(nameof(Sd3Conditioning))
    {
        time = Add("timestep_embedder", new TwoLayers(Channels, config.Width, format));
        text = Add("text_embedder", new TwoLayers(config.PooledWidth, config.Width, format));
    }

    /// <param name="timestep">0 … 1000, never rounded to the type of the weights. Shape [B].</param>
    /// <param name="pooled">Shape [B, pooled].</param>
    /// <param name="probe">Told timestep_table and temb.</param>
    /// <returns>Shape [B, D].</returns>
    public Tensor Forward(Tensor timestep, Tensor pooled, Probe? probe = null)
    {
        using var scope = NewDisposeScope();
        var table = TimestepTable.Of(timestep, Channels);                                          // [B, 256]
        var c = time.Forward(table.to(pooled.dtype)).add(text.Forward(pooled));                    // [B, D]
        probe?.Invoke("timestep_table", table);
        probe?.Invoke("temb", c);
        return c.MoveToOuterDisposeScope();
    }
}
