using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>A block of T5 v1.1: x += o(attention(norm(x))); x += wo(gelu(wi₀(y)) · wi₁(y)) with y = norm(x). No biases, scores without 1/√width.</summary>
internal sealed class T5Block : NamedModule
{
    private readonly RmsNorm attentionNorm, innerNorm;
    private readonly Linear query, key, value, output, gate, inner, outer;
    private readonly Embedding? relative;
    private readonly long heads;

    /// <param name="config">Sizes.</param>
    /// <param name="format">Of the weights.</param>
    /// <param name="first">Holds the table of relative biases, which all blocks use.</param>
    public T5Block(T5Config config, WeightFormat format, bool first) : base(nameof(T5Block))
    {
        heads = config.Heads;
        long width = config.Width, joined = config.Heads * config.HeadWidth;
        Linear Matrix(string path, long inputs, long outputs) => Add(path, new Linear(inputs, outputs, format, bias: false));
        attentionNorm = Add("layer.0.layer_norm", new RmsNorm(width, config.Epsilon, format));
        query = Matrix("layer.0.SelfAttention.q", width, joined);
        key = Matrix("layer.0.SelfAttention.k", width, joined);
        value = Matrix("layer.0.SelfAttention.v", width, joined);
        output = Matrix("layer.0.SelfAttention.o", joined, width);
        if (first) relative = Add("layer.0.SelfAttention.relative_attention_bias", new Embedding(config.Buckets, heads, format));
        innerNorm = Add("layer.1.layer_norm", new RmsNorm(width, config.Epsilon, format));
        gate = Matrix("layer.1.DenseReluDense.wi_0", width, config.Inner);
        inner = Matrix("layer.1.DenseReluDense.wi_1", width, config.Inner);
        outer = Matrix("layer.1.DenseReluDense.wo", config.Inner, width);
    }

    /// <summary>Biases of every pair of positions, from the first block's table.</summary>
    /// <param name="buckets">Shape [S, S], int64.</param>
    /// <returns>Shape [1, heads, S, S].</returns>
    public Tensor Bias(Tensor buckets)
    {
        if (relative is null) throw new InvalidOperationException("Only the first block of T5 has relative biases.");
        using var scope = NewDisposeScope();
        return relative.Forward(buckets).permute(2, 0, 1).unsqueeze(0).MoveToOuterDisposeScope();
    }

    /// <summary>The attention's output, before it is added to x.</summary>
    /// <param name="x">Shape [B, S, D].</param>
    /// <param name="bias">Relative biases, masked keys included. Broadcasts to [B, heads, S, S].</param>
    public Tensor Attend(Tensor x, Tensor bias)
    {
        using var scope = NewDisposeScope();
        var y = attentionNorm.Forward(x);
        var scores = Ops.MatMul(Attention.Split(query.Forward(y), heads), Attention.Split(key.Forward(y), heads).transpose(-1, -2)) + bias;
        var weights = scores.softmax(-1, ScalarType.Float32).to(y.dtype);                               // [B, heads, S, S]
        var mixed = Attention.Join(Ops.MatMul(weights, Attention.Split(value.Forward(y), heads)));      // [B, S, heads·width]
        return output.Forward(mixed).MoveToOuterDisposeScope();
    }

    /// <summary>The gated part's output, before it is added to x.</summary>
    /// <param name="x">Shape [B, S, D].</param>
    public Tensor Transform(Tensor x)
    {
        using var scope = NewDisposeScope();
        var y = innerNorm.Forward(x);
        return outer.Forward(Activation.GeluTanh(gate.Forward(y)) * inner.Forward(y)).MoveToOuterDisposeScope();
    }
}
