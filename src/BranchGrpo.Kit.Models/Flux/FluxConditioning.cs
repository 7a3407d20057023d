using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Flux;

/// <summary>c = MLP_t(s(1000·σ)) + MLP_g(s(1000·guidance)) + MLP_p(pooled text), with s the sinusoidal table.</summary>
internal sealed class FluxConditioning : NamedModule
{
    private const long Channels = 256;
    private readonly TwoLayers time;
    private readonly TwoLayers? guidance;
    private readonly TwoLayers text;

    public FluxConditioning(FluxConfig config, WeightFormat format) : base(nameof(FluxConditioning))
    {
        time = Add("timestep_embedder", new TwoLayers(Channels, config.Width, format));
        if (config.GuidanceEmbeds) guidance = Add("guidance_embedder", new TwoLayers(Channels, config.Width, format));
        text = Add("text_embedder", new TwoLayers(config.PooledWidth, config.Width, format));
    }

    /// <param name="sigma">Shape [B].</param>
    /// <param name="scale">Guidance. Shape [B].</param>
    /// <param name="pooled">In the network's type. Shape [B, pooled width].</param>
    /// <param name="probe">Is shown <c>timestep_table</c> and <c>guidance_table</c>.</param>
    /// <returns>Shape [B, width].</returns>
    public Tensor Forward(Tensor sigma, Tensor? scale, Tensor pooled, Probe? probe)
    {
        using var scope = NewDisposeScope();
        if (guidance is null != scale is null)
            throw new ArgumentException(guidance is null ? "this network embeds no guidance: give none" : "this network embeds a guidance scale: give one",
                nameof(scale));
        var embedded = time.Forward(Table("timestep_table", sigma));
        if (guidance is not null) embedded = embedded.add(guidance.Forward(Table("guidance_table", scale!)));
        return embedded.add(text.Forward(pooled)).MoveToOuterDisposeScope();

        // Rounded to the network's type before the multiplication and after it, as the published network does: in bfloat16, 3.5 becomes 3504.
        Tensor Table(string name, Tensor value)
        {
            var table = TimestepTable.Of(value.to(pooled.dtype).mul(Scalars.Of(1000)), Channels);                    // [B, channels], float32
            probe?.Invoke(name, table);
            return table.to(pooled.dtype);
        }
    }
}
