using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Flux;

/// <summary>A block with a stream of its own for image and text, which meet in one attention.</summary>
internal sealed class FluxJointBlock : NamedModule
{
    private readonly FluxAttention attention;
    private readonly (Modulation Modulation, FeedForward FeedForward) image;
    private readonly (Modulation Modulation, FeedForward FeedForward) text;

    public FluxJointBlock(FluxConfig config, WeightFormat format) : base(nameof(FluxJointBlock))
    {
        var imageModulation = Add("norm1", new Modulation(config.Width, 6, format));
        var textModulation = Add("norm1_context", new Modulation(config.Width, 6, format));
        attention = Add("attn", new FluxAttention(config, joint: true, format));
        image = (imageModulation, Add("ff", new FeedForward(config.Width, format)));
        text = (textModulation, Add("ff_context", new FeedForward(config.Width, format)));
    }

    /// <param name="imageTokens">Shape [B, tokens, width].</param>
    /// <param name="textTokens">Shape [B, text, width].</param>
    /// <param name="activated">SiLU of the conditioning. Shape [B, width].</param>
    /// <param name="turns">Rotary positions of text, then image.</param>
    /// <param name="probe">Is shown <c>norm1</c>, <c>attn.hidden</c>, <c>attn.encoder</c>, <c>hidden</c> and <c>encoder</c>.</param>
    /// <returns>The shapes of the streams.</returns>
    public (Tensor Image, Tensor Text) Forward(Tensor imageTokens, Tensor textTokens, Tensor activated, Tensor turns, Probe? probe = null)
    {
        using var scope = NewDisposeScope();
        var (forImage, forText) = (image.Modulation.Of(activated), text.Modulation.Of(activated));
        var normed = Modulation.Norm(imageTokens, forImage[0], forImage[1]);
        probe?.Invoke("norm1", normed);
        var (imageAttended, textAttended) = attention.Forward(normed, Modulation.Norm(textTokens, forText[0], forText[1]), turns);
        probe?.Invoke("attn.hidden", imageAttended);
        probe?.Invoke("attn.encoder", textAttended);
        var newImage = Transform(image.FeedForward, imageTokens, imageAttended, forImage);
        var newText = Transform(text.FeedForward, textTokens, textAttended, forText);
        probe?.Invoke("hidden", newImage);
        probe?.Invoke("encoder", newText);
        return (newImage.MoveToOuterDisposeScope(), newText.MoveToOuterDisposeScope());
    }

    private static Tensor Transform(FeedForward feedForward, Tensor x, Tensor attended, Tensor[] pieces)
    {
        using var scope = NewDisposeScope();
        var h = Modulation.Gated(x, pieces[2], attended);                                                           // [B, N, width]
        return Modulation.Gated(h, pieces[5], feedForward.Forward(Modulation.Norm(h, pieces[3], pieces[4]))).MoveToOuterDisposeScope();
    }
}
