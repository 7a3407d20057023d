using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BranchGrpo.Kit.Shapes.Networks;

/// <summary>A transformer block whose norms are scaled, shifted and gated by the condition (adaLN-zero).</summary>
internal sealed class Block : nn.Module<Tensor, Tensor, Tensor>
{
    private static readonly Scalar One = 1f;
    private readonly Dense modulation;
    private readonly Dense attention;
    private readonly Dense projection;
    private readonly Dense expand;
    private readonly Dense contract;
    private readonly int heads;

    public Block(ShapesSize size, Generator generator) : base(nameof(Block))
    {
        var width = size.Width;
        heads = size.Heads;
        modulation = new Dense(width, 6 * width, null);
        attention = new Dense(width, 3 * width, generator);
        projection = new Dense(width, width, generator);
        expand = new Dense(width, ShapesSize.Expansion * width, generator);
        contract = new Dense(ShapesSize.Expansion * width, width, generator);
        RegisterComponents();
    }

    /// <param name="tokens">Shape [B, N, width].</param>
    /// <param name="condition">Shape [B, width].</param>
    public override Tensor forward(Tensor tokens, Tensor condition)
    {
        using var scope = NewDisposeScope();
        long count = tokens.shape[0], length = tokens.shape[1], width = tokens.shape[2];
        var m = modulation.call(condition).unsqueeze(1).chunk(6, 2);                           // six of [B, 1, width]
        var qkv = attention.call(Modulate(tokens, m[0], m[1])).view(count, length, 3, heads, width / heads).permute(2, 0, 3, 1, 4);
        var mixed = F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2]).transpose(1, 2).reshape(count, length, width);
        var x = addcmul(tokens, m[2], projection.call(mixed), One);                            // [B, N, width]
        x = addcmul(x, m[5], contract.call(F.gelu(expand.call(Modulate(x, m[3], m[4])))), One);
        return x.MoveToOuterDisposeScope();
    }

    /// <summary>norm(x)·(1 + scale) + shift.</summary>
    public static Tensor Modulate(Tensor tokens, Tensor shift, Tensor scale) =>
        addcmul(shift, F.layer_norm(tokens, [tokens.shape[^1]]), scale.add(One), One);
}
