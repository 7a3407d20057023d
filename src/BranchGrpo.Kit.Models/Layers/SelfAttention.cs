using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>How a checkpoint stores the projections of a self-attention.</summary>
internal enum ProjectionLayout
{
    /// <summary>transformers: <c>q_proj</c>, <c>k_proj</c>, <c>v_proj</c>, <c>out_proj</c>.</summary>
    Separate,

    /// <summary>open_clip: <c>in_proj_weight</c>, <c>in_proj_bias</c> (rows q, k, v), <c>out_proj</c>.</summary>
    Packed,

    /// <summary>timm and BLIP: <c>qkv</c> (rows q, k, v), <c>proj</c>.</summary>
    Fused,
}

/// <summary>Multi-head self-attention with biases on all projections.</summary>
internal sealed class SelfAttention : NamedModule
{
    private readonly long heads;
    private readonly Linear[] separate = [];
    private readonly Parameter? packedWeight;
    private readonly Parameter? packedBias;
    private readonly Linear output;

    public SelfAttention(long width, long heads, ProjectionLayout layout, WeightFormat format) : base(nameof(SelfAttention))
    {
        if (heads < 1 || width % heads != 0) throw new InvalidDataException($"Width {width} does not divide into {heads} heads.");
        this.heads = heads;
        switch (layout)
        {
            case ProjectionLayout.Separate:
                separate = [.. new[] { "q_proj", "k_proj", "v_proj" }.Select(name => Add(name, new Linear(width, width, format)))];
                break;
            case ProjectionLayout.Packed:
                packedWeight = Add("in_proj_weight", format, 3 * width, width);
                packedBias = Add("in_proj_bias", format, 3 * width);
                break;
            default:
                separate = [Add("qkv", new Linear(width, 3 * width, format))];
                break;
        }
        output = Add(layout == ProjectionLayout.Fused ? "proj" : "out_proj", new Linear(width, width, format));
    }

    /// <param name="x">Shape [B, N, width].</param>
    /// <param name="causal">Token i sees tokens up to i.</param>
    /// <param name="mask">Added to the scores instead; broadcasts to [B, heads, N, N].</param>
    /// <returns>Shape [B, N, width].</returns>
    public Tensor Forward(Tensor x, bool causal = false, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        Tensor[] parts = separate.Length == 3
            ? [.. separate.Select(p => p.Forward(x))]                                              // 3 × [B, N, width]
            : (packedWeight is null ? separate[0].Forward(x) : nn.functional.linear(x, packedWeight, packedBias)).chunk(3, -1);
        var (q, k, v) = (Attention.Split(parts[0], heads), Attention.Split(parts[1], heads), Attention.Split(parts[2], heads));
        return output.Forward(Attention.Of(q, k, v, causal, mask)).MoveToOuterDisposeScope();
    }
}
