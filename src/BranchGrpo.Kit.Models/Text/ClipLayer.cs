using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>A block of CLIP: x += attention(norm₁(x)); x += fc₂(act(fc₁(norm₂(x)))). The names are those of the transformers layout.</summary>
internal sealed class ClipLayer : NamedModule
{
    private readonly LayerNorm norm1, norm2;
    private readonly Linear query, key, value, output, inner, outer;
    private readonly long heads;
    private readonly Func<Tensor, Tensor> activation;

    public ClipLayer(long width, long inner, long heads, string activation, double epsilon, WeightFormat format) : base(nameof(ClipLayer))
    {
        if (heads < 1 || width % heads != 0) throw new InvalidDataException($"Width {width} does not divide into {heads} heads.");
        this.heads = heads;
        this.activation = Activation.Named(activation);
        norm1 = Add("layer_norm1", new LayerNorm(width, epsilon, format));
        query = Add("self_attn.q_proj", new Linear(width, width, format));
        key = Add("self_attn.k_proj", new Linear(width, width, format));
        value = Add("self_attn.v_proj", new Linear(width, width, format));
        output = Add("self_attn.out_proj", new Linear(width, width, format));
        norm2 = Add("layer_norm2", new LayerNorm(width, epsilon, format));
        this.inner = Add("mlp.fc1", new Linear(width, inner, format));
        outer = Add("mlp.fc2", new Linear(inner, width, format));
    }

    /// <param name="x">Shape [B, N, width].</param>
    /// <param name="causal">Position i sees positions up to i.</param>
    /// <param name="mask">Added to the scores in place of <paramref name="causal"/>; broadcasts to [B, heads, N, N].</param>
    /// <returns>Shape [B, N, width].</returns>
    public Tensor Forward(Tensor x, bool causal = false, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        var y = norm1.Forward(x);
        Tensor Heads(Linear projection) => Attention.Split(projection.Forward(y), heads);               // [B, heads, N, width/heads]
        x = x + output.Forward(Attention.Of(Heads(query), Heads(key), Heads(value), causal && mask is null, mask));
        return (x + outer.Forward(activation(inner.Forward(norm2.Forward(x))))).MoveToOuterDisposeScope();
    }
}
