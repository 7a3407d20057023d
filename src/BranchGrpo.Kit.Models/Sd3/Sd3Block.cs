using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Sd3;

/// <summary>A block of a multimodal diffusion transformer: picture and text attend to each other, each with modulation and feed-forward of its
/// own.</summary>
/// <remarks>Esser et al., arXiv 2403.03206; the second attention of the picture is SD3.5-M's. In the last block the text is only looked at.</remarks>
internal sealed class Sd3Block : NamedModule
{
    private readonly Modulation modulation;
    private readonly Modulation textModulation;
    private readonly Sd3Attention attention;
    private readonly Sd3Attention? second;
    private readonly FeedForward feedForward;
    private readonly FeedForward? textFeedForward;

    public Sd3Block(Sd3Config config, int layer, WeightFormat format) : base(nameof(Sd3Block))
    {
        var (dual, last) = (config.DualLayers.Contains(layer), layer == config.Layers - 1);
        modulation = Add("norm1", new Modulation(config.Width, dual ? 9 : 6, format));
        textModulation = Add("norm1_context", new Modulation(config.Width, last ? 2 : 6, format));
        attention = Add("attn", new Sd3Attention(config, withText: true, textGoesOn: !last, format));
        if (dual) second = Add("attn2", new Sd3Attention(config, withText: false, textGoesOn: false, format));
        feedForward = Add("ff", new FeedForward(config.Width, format));
        if (!last) textFeedForward = Add("ff_context", new FeedForward(config.Width, format));
    }

    /// <param name="x">Picture tokens. Shape [B, N, D].</param>
    /// <param name="context">Text tokens. Shape [B, M, D].</param>
    /// <param name="activated">SiLU of the conditioning. Shape [B, D].</param>
    /// <param name="probe">Told norm1, norm1_second, norm1_context, attn.hidden, attn.encoder, attn2, hidden and encoder.</param>
    /// <returns>The shapes of x and context; no text after the last block.</returns>
    public (Tensor Picture, Tensor? Text) Forward(Tensor x, Tensor context, Tensor activated, Probe? probe = null)
    {
        using var scope = NewDisposeScope();
        var (p, t) = (modulation.Of(activated), textModulation.Of(activated));
        var normed = Modulation.Norm(x, shift: p[0], scale: p[1]);                                 // [B, N, D]
        // The two pieces of the last block are in the other order.
        var textNormed = textFeedForward is null
            ? Modulation.Norm(context, shift: t[1], scale: t[0]) : Modulation.Norm(context, shift: t[0], scale: t[1]);
        probe?.Invoke("norm1", normed);
        probe?.Invoke("norm1_context", textNormed);
        var (seen, textSeen) = attention.Forward(normed, textNormed);
        probe?.Invoke("attn.hidden", seen);
        var picture = Modulation.Gated(x, p[2], seen);
        if (second is not null) picture = Modulation.Gated(picture, p[8], Alone(second, x, p[6], p[7], probe));
        picture = Modulation.Gated(picture, p[5], feedForward.Forward(Modulation.Norm(picture, shift: p[3], scale: p[4])));
        probe?.Invoke("hidden", picture);
        if (textFeedForward is null) return (picture.MoveToOuterDisposeScope(), null);
        probe?.Invoke("attn.encoder", textSeen!);
        var text = Modulation.Gated(context, t[2], textSeen!);
        text = Modulation.Gated(text, t[5], textFeedForward.Forward(Modulation.Norm(text, shift: t[3], scale: t[4])));
        probe?.Invoke("encoder", text);
        return (picture.MoveToOuterDisposeScope(), text.MoveToOuterDisposeScope());
    }

    // Looks at the picture as it entered the block, not as the first attention left it.
    private static Tensor Alone(Sd3Attention attention, Tensor x, Tensor shift, Tensor scale, Probe? probe)
    {
        using var scope = NewDisposeScope();
        var normed = Modulation.Norm(x, shift, scale);                                             // [B, N, D]
        var seen = attention.Forward(normed);
        probe?.Invoke("norm1_second", normed);
        probe?.Invoke("attn2", seen);
        return seen.MoveToOuterDisposeScope();
    }
}
