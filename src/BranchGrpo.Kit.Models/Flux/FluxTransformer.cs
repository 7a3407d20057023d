using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Flux;

/// <summary>The transformer of FLUX.1: predicts the velocity dx/dσ of packed latents under a text. Weights carry the names of diffusers' published
/// <c>FluxTransformer2DModel</c>.</summary>
public sealed class FluxTransformer : NamedModule
{
    private readonly Linear imageIn;
    private readonly Linear textIn;
    private readonly FluxConditioning conditioning;
    private readonly FluxJointBlock[] joint;
    private readonly FluxSingleBlock[] single;
    private readonly Modulation modulationOut;
    private readonly Linear imageOut;

    /// <summary>A network without values; <see cref="Checkpoint.LoadInto"/> fills it.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="format">Type and place of the weights.</param>
    public FluxTransformer(FluxConfig config, WeightFormat format) : base(nameof(FluxTransformer))
    {
        (Config, Format) = (config.Checked(), format);
        imageIn = Add("x_embedder", new Linear(config.InChannels, config.Width, format));
        textIn = Add("context_embedder", new Linear(config.TextWidth, config.Width, format));
        conditioning = Add("time_text_embed", new FluxConditioning(config, format));
        joint = [.. Enumerable.Range(0, config.Layers).Select(i => Add($"transformer_blocks.{i}", new FluxJointBlock(config, format)))];
        single = [.. Enumerable.Range(0, config.SingleLayers).Select(i => Add($"single_transformer_blocks.{i}", new FluxSingleBlock(config, format)))];
        modulationOut = Add("norm_out", new Modulation(config.Width, 2, format));
        imageOut = Add("proj_out", new Linear(config.Width, config.OutChannels, format));
    }

    /// <summary>Sizes.</summary>
    public FluxConfig Config { get; }

    /// <summary>Type and place of the weights.</summary>
    public WeightFormat Format { get; }

    /// <summary>Keeps only the inputs of each block for the backward pass and computes the block again there: far less memory for about a third more
    /// time. Gradients must be taken with <c>backward</c>, and weights must not change between the two passes.</summary>
    public bool Checkpointing { get; set; }

    /// <summary>Opens a folder with config.json and the weights.</summary>
    /// <param name="folder">Such as <c>transformer/</c> of a published pipeline.</param>
    /// <param name="format">Type and place of the weights.</param>
    public static FluxTransformer Load(string folder, WeightFormat format)
    {
        var network = new FluxTransformer(FluxConfig.Read(Path.Combine(folder, "config.json")), format);
        try
        {
            using var weights = Checkpoint.Open(folder);
            Checkpoint.LoadInto(network, weights);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The velocity.</summary>
    /// <param name="input">Borrowed.</param>
    /// <returns>Shape [B, tokens, out channels], in the network's type; the caller owns it.</returns>
    public Tensor Forward(FluxInput input) => Forward(input, null);

    internal Tensor Forward(FluxInput input, Probe? probe)
    {
        using var scope = NewDisposeScope();
        var image = imageIn.Forward(input.Latents.to(Format.Compute));                                                 // [B, tokens, width]
        var text = textIn.Forward(input.Text.to(Format.Compute));                                                      // [B, text, width]
        var c = conditioning.Forward(input.Sigma, input.Guidance, input.Pooled.to(Format.Compute), probe);             // [B, width]
        var turns = RotaryPositions.Of(cat([input.TextIds, input.ImageIds], 0), Config.RotaryAxes);
        var activated = nn.functional.silu(c);
        probe?.Invoke("x_embedder", image);
        probe?.Invoke("context_embedder", text);
        probe?.Invoke("temb", c);
        probe?.Invoke("rope", turns);
        var (tokens, length) = (image.shape[1], text.shape[1]);
        for (var i = 0; i < joint.Length; i++) (image, text) = Joint(joint[i], image, text, activated, turns, probe.Under($"block{i}"));
        var x = cat([text, image], 1);                                                                               // [B, text + tokens, width]
        image.Dispose();
        text.Dispose();
        for (var i = 0; i < single.Length; i++)
        {
            x = Single(single[i], x, activated, turns, probe.Under($"single{i}"));
            if (probe is null) continue;
            probe($"single{i}.encoder", x.narrow(1, 0, length));
            probe($"single{i}.hidden", x.narrow(1, length, tokens));
        }
        var last = x.narrow(1, length, tokens);                                                                      // [B, tokens, width]
        var pieces = modulationOut.Of(activated);
        var normed = Modulation.Norm(last, shift: pieces[1], scale: pieces[0]);
        probe?.Invoke("last.hidden", last);
        probe?.Invoke("norm_out", normed);
        return imageOut.Forward(normed).MoveToOuterDisposeScope();
    }

    // Both free the tokens they replace: otherwise those of every block would live until the end of the pass.
    private (Tensor, Tensor) Joint(FluxJointBlock block, Tensor image, Tensor text, Tensor activated, Tensor turns, Probe? probe)
    {
        using (image)
        using (text)
        {
            if (!Checkpointing) return block.Forward(image, text, activated, turns, probe);
            var results = Recompute.Of(
                block,
                inputs =>
                {
                    var (newImage, newText) = block.Forward(inputs[0], inputs[1], inputs[2], inputs[3]);
                    return [newImage, newText];
                },
                image, text, activated, turns);
            return (results[0], results[1]);
        }
    }

    private Tensor Single(FluxSingleBlock block, Tensor x, Tensor activated, Tensor turns, Probe? probe)
    {
        using (x)
        {
            return Checkpointing ? Recompute.Of(block, inputs => [block.Forward(inputs[0], inputs[1], inputs[2])], x, activated, turns)[0]
                : block.Forward(x, activated, turns, probe);
        }
    }
}
