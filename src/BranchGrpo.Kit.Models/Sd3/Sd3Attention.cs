using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Sd3;

/// <summary>Attention of picture tokens, with the text in one sequence or alone. The picture comes first; nothing is rotated.</summary>
internal sealed class Sd3Attention : NamedModule
{
    private const double Epsilon = 1e-6;
    private readonly long heads;
    private readonly Stream picture;
    private readonly Stream? text;
    private readonly Linear pictureOut;
    private readonly Linear? textOut;

    /// <param name="config">Sizes.</param>
    /// <param name="withText">Joint with the text.</param>
    /// <param name="textGoesOn">The text has a result of its own.</param>
    /// <param name="format">Type and place of the weights.</param>
    public Sd3Attention(Sd3Config config, bool withText, bool textGoesOn, WeightFormat format) : base(nameof(Sd3Attention))
    {
        heads = config.Heads;
        picture = new(Square("to_q"), Square("to_k"), Square("to_v"), Norm("norm_q"), Norm("norm_k"));
        pictureOut = Square("to_out.0");
        if (withText) text = new(Square("add_q_proj"), Square("add_k_proj"), Square("add_v_proj"), Norm("norm_added_q"), Norm("norm_added_k"));
        if (textGoesOn) textOut = Square("to_add_out");

        Linear Square(string name) => Add(name, new Linear(config.Width, config.Width, format));
        RmsNorm? Norm(string name) => config.NormalisedHeads ? Add(name, new RmsNorm(config.HeadWidth, Epsilon, format)) : null;
    }

    /// <summary>Of the picture alone.</summary>
    /// <param name="x">Shape [B, N, D].</param>
    /// <returns>The same shape.</returns>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = Project(picture, x);
        return pictureOut.Forward(Attention.Of(q, k, v)).MoveToOuterDisposeScope();
    }

    /// <summary>Of picture and text in one sequence.</summary>
    /// <param name="x">Shape [B, N, D].</param>
    /// <param name="context">Shape [B, M, D].</param>
    /// <returns>The same shapes; no text where it does not go on.</returns>
    public (Tensor Picture, Tensor? Text) Forward(Tensor x, Tensor context)
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = Project(picture, x);
        var (textQ, textK, textV) = Project(text!, context);
        var mixed = Attention.Of(cat([q, textQ], 2), cat([k, textK], 2), cat([v, textV], 2));      // [B, N + M, D]
        var (n, m) = (x.shape[1], context.shape[1]);
        var own = pictureOut.Forward(mixed.narrow(1, 0, n));                                       // [B, N, D]
        return (own.MoveToOuterDisposeScope(), textOut?.Forward(mixed.narrow(1, n, m)).MoveToOuterDisposeScope());
    }

    // [B, heads, N, head] each
    private (Tensor Q, Tensor K, Tensor V) Project(Stream stream, Tensor x) =>
        (Heads(stream.Q, stream.NormQ, x), Heads(stream.K, stream.NormK, x), Heads(stream.V, null, x));

    private Tensor Heads(Linear projection, RmsNorm? norm, Tensor x)
    {
        var split = Attention.Split(projection.Forward(x), heads);
        return norm is null ? split : norm.Forward(split);
    }

    private sealed record Stream(Linear Q, Linear K, Linear V, RmsNorm? NormQ, RmsNorm? NormK);
}
