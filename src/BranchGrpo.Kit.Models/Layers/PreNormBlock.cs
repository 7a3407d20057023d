using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>Sizes of a transformer block.</summary>
/// <param name="Width">Of a token.</param>
/// <param name="Heads">Of the attention.</param>
/// <param name="Hidden">Of the layer between the two linear ones.</param>
/// <param name="Epsilon">Of the layer norms.</param>
/// <param name="Activation">Between the two linear layers.</param>
internal sealed record BlockShape(long Width, long Heads, long Hidden, double Epsilon, Func<Tensor, Tensor> Activation);

/// <summary>Names of a block's parts in one published layout.</summary>
internal sealed record BlockNames(string Norm1, string Attention, ProjectionLayout Projections, string Norm2, string Up, string Down)
{
    /// <summary>transformers' CLIP.</summary>
    public static BlockNames Transformers { get; } =
        new("layer_norm1", "self_attn", ProjectionLayout.Separate, "layer_norm2", "mlp.fc1", "mlp.fc2");

    /// <summary>open_clip's own towers.</summary>
    public static BlockNames OpenClip { get; } = new("ln_1", "attn", ProjectionLayout.Packed, "ln_2", "mlp.c_fc", "mlp.c_proj");

    /// <summary>timm's vision transformer, and BLIP's.</summary>
    public static BlockNames Timm { get; } = new("norm1", "attn", ProjectionLayout.Fused, "norm2", "mlp.fc1", "mlp.fc2");
}

/// <summary>h = x + attention(norm₁(x)); y = h + W₂·act(W₁·norm₂(h)).</summary>
internal sealed class PreNormBlock : NamedModule
{
    private readonly LayerNorm norm1;
    private readonly SelfAttention attention;
    private readonly LayerNorm norm2;
    private readonly Linear up;
    private readonly Linear down;
    private readonly Func<Tensor, Tensor> activation;

    public PreNormBlock(BlockShape shape, BlockNames names, WeightFormat format) : base(nameof(PreNormBlock))
    {
        activation = shape.Activation;
        norm1 = Add(names.Norm1, new LayerNorm(shape.Width, shape.Epsilon, format));
        attention = Add(names.Attention, new SelfAttention(shape.Width, shape.Heads, names.Projections, format));
        norm2 = Add(names.Norm2, new LayerNorm(shape.Width, shape.Epsilon, format));
        up = Add(names.Up, new Linear(shape.Width, shape.Hidden, format));
        down = Add(names.Down, new Linear(shape.Hidden, shape.Width, format));
    }

    /// <param name="x">Shape [B, N, width].</param>
    /// <param name="causal">Token i sees tokens up to i.</param>
    /// <param name="mask">Added to the attention's scores instead; broadcasts to [B, heads, N, N].</param>
    /// <param name="probe">Is shown <c>attn</c>, before the residual.</param>
    /// <returns>Shape [B, N, width].</returns>
    public Tensor Forward(Tensor x, bool causal = false, Tensor? mask = null, Probe? probe = null)
    {
        using var scope = NewDisposeScope();
        var attended = attention.Forward(norm1.Forward(x), causal, mask);                          // [B, N, width]
        probe?.Invoke("attn", attended);
        var h = x.add(attended);
        return h.add(down.Forward(activation(up.Forward(norm2.Forward(h))))).MoveToOuterDisposeScope();
    }
}
