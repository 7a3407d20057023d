using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Vae;

/// <summary>The coarsest level: a residual block, attention between all positions, another residual block.</summary>
internal sealed class MiddleBlock : NamedModule
{
    private readonly ResidualBlock first;
    private readonly SpatialAttention? attention;
    private readonly ResidualBlock second;

    public MiddleBlock(AutoencoderConfig config, WeightFormat format) : base(nameof(MiddleBlock))
    {
        var channels = config.Channels[^1];
        first = Add("resnets.0", new ResidualBlock(channels, channels, config.Groups, format));
        if (config.MiddleAttention) attention = Add("attentions.0", new SpatialAttention(channels, config.Groups, format));
        second = Add("resnets.1", new ResidualBlock(channels, channels, config.Groups, format));
    }

    /// <param name="x">Shape [B, C, h, w].</param>
    /// <param name="probe">Told mid_resnet0, mid_attn and mid.</param>
    public Tensor Forward(Tensor x, Probe? probe = null)
    {
        using var scope = NewDisposeScope();
        var y = first.Forward(x);                                                                  // [B, C, h, w]
        probe?.Invoke("mid_resnet0", y);
        if (attention is not null)
        {
            y = attention.Forward(y);
            probe?.Invoke("mid_attn", y);
        }
        y = second.Forward(y);
        probe?.Invoke("mid", y);
        return y.MoveToOuterDisposeScope();
    }
}

/// <summary>y = x + out(softmax(q·kᵀ/√C)·v) over all positions, one head of width C.</summary>
internal sealed class SpatialAttention : NamedModule
{
    private readonly GroupNorm norm;
    private readonly Linear toQ;
    private readonly Linear toK;
    private readonly Linear toV;
    private readonly Linear toOut;

    public SpatialAttention(long channels, long groups, WeightFormat format) : base(nameof(SpatialAttention))
    {
        norm = Add("group_norm", new GroupNorm(groups, channels, ResidualBlock.Epsilon, format));
        toQ = Add("to_q", new Linear(channels, channels, format));
        toK = Add("to_k", new Linear(channels, channels, format));
        toV = Add("to_v", new Linear(channels, channels, format));
        toOut = Add("to_out.0", new Linear(channels, channels, format));
    }

    /// <param name="x">Shape [B, C, h, w].</param>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var tokens = norm.Forward(x).flatten(2).transpose(1, 2);                                   // [B, h·w, C]
        var mixed = Attention.Of(Head(toQ), Head(toK), Head(toV));                                 // [B, h·w, C]
        return toOut.Forward(mixed).transpose(1, 2).reshape(x.shape).add(x).MoveToOuterDisposeScope();

        Tensor Head(Linear projection) => projection.Forward(tokens).unsqueeze(1);                 // [B, 1, h·w, C]
    }
}
