using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Flux;

/// <summary>Attention over text and image: of one sequence, or of two streams with projections of their own.</summary>
internal sealed class FluxAttention : NamedModule
{
    private const double Epsilon = 1e-6;
    private readonly long heads;
    private readonly Stream first;
    private readonly Stream? text;
    private readonly Linear? imageOut;
    private readonly Linear? textOut;

    /// <param name="config">Sizes.</param>
    /// <param name="joint">Two streams, with output projections; otherwise one, without.</param>
    /// <param name="format">Type and place of the weights.</param>
    public FluxAttention(FluxConfig config, bool joint, WeightFormat format) : base(nameof(FluxAttention))
    {
        heads = config.Heads;
        first = Projections("to_q", "to_k", "to_v", "norm_q", "norm_k");
        if (!joint) return;
        text = Projections("add_q_proj", "add_k_proj", "add_v_proj", "norm_added_q", "norm_added_k");
        imageOut = Add("to_out.0", new Linear(config.Width, config.Width, format));
        textOut = Add("to_add_out", new Linear(config.Width, config.Width, format));

        Stream Projections(string q, string k, string v, string normQ, string normK) => new(
            Add(q, new Linear(config.Width, config.Width, format)), Add(k, new Linear(config.Width, config.Width, format)),
            Add(v, new Linear(config.Width, config.Width, format)),
            Add(normQ, new RmsNorm(config.HeadWidth, Epsilon, format)), Add(normK, new RmsNorm(config.HeadWidth, Epsilon, format)));
    }

    /// <summary>Of one sequence.</summary>
    /// <param name="x">Shape [B, N, width].</param>
    /// <param name="turns">Rotary positions of the sequence.</param>
    /// <returns>Shape [B, N, width], not projected.</returns>
    public Tensor Forward(Tensor x, Tensor turns)
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = Project(first, x);
        return Attend(q, k, v, turns).MoveToOuterDisposeScope();
    }

    /// <summary>Of two streams; text comes first in the joint sequence.</summary>
    /// <param name="imageTokens">Shape [B, tokens, width].</param>
    /// <param name="textTokens">Shape [B, text, width].</param>
    /// <param name="turns">Rotary positions of text, then image.</param>
    /// <returns>The shapes of the streams.</returns>
    public (Tensor Image, Tensor Text) Forward(Tensor imageTokens, Tensor textTokens, Tensor turns)
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = Project(first, imageTokens);
        var (textQ, textK, textV) = Project(text!, textTokens);
        var attended = Attend(cat([textQ, q], 1), cat([textK, k], 1), cat([textV, v], 1), turns);                    // [B, text + tokens, width]
        var length = textTokens.shape[1];
        var image = imageOut!.Forward(attended.narrow(1, length, imageTokens.shape[1]));
        return (image.MoveToOuterDisposeScope(), textOut!.Forward(attended.narrow(1, 0, length)).MoveToOuterDisposeScope());
    }

    // [B, N, heads, head] each
    private (Tensor Q, Tensor K, Tensor V) Project(Stream stream, Tensor x) =>
        (stream.NormQ.Forward(Heads(stream.Q, x)), stream.NormK.Forward(Heads(stream.K, x)), Heads(stream.V, x));

    private Tensor Heads(Linear projection, Tensor x) => projection.Forward(x).view(x.shape[0], x.shape[1], heads, -1);

    private static Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor turns) => Attention.Of(
        RotaryPositions.Turn(q, turns).transpose(1, 2), RotaryPositions.Turn(k, turns).transpose(1, 2), v.transpose(1, 2));

    private sealed record Stream(Linear Q, Linear K, Linear V, RmsNorm NormQ, RmsNorm NormK);
}
