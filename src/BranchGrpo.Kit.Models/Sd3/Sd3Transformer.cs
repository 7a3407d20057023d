using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Sd3;

/// <summary>The transformer of Stable Diffusion 3 and 3.5: predicts the velocity of latents under a text. Weights carry the names of the published
/// SD3Transformer2DModel.</summary>
internal sealed class Sd3Transformer : NamedModule
{
    private readonly PatchEmbedding patches;
    private readonly Linear textIn;
    private readonly Sd3Conditioning conditioning;
    private readonly Sd3Block[] blocks;
    private readonly Modulation modulationOut;
    private readonly Linear pictureOut;

    /// <summary>A network without values; a checkpoint fills it.</summary>
    public Sd3Transformer(Sd3Config config, WeightFormat format) : base(nameof(Sd3Transformer))
    {
        (Config, Format) = (config, format);
        patches = Add("pos_embed", new PatchEmbedding(config, format));
        textIn = Add("context_embedder", new Linear(config.TextWidth, config.Width, format));
        conditioning = Add("time_text_embed", new Sd3Conditioning(config, format));
        blocks = [.. Enumerable.Range(0, config.Layers).Select(i => Add($"transformer_blocks.{i}", new Sd3Block(config, i, format)))];
        modulationOut = Add("norm_out", new Modulation(config.Width, 2, format));
        pictureOut = Add("proj_out", new Linear(config.Width, config.Patch * config.Patch * config.Outputs, format));
    }

    /// <summary>Sizes.</summary>
    public Sd3Config Config { get; }

    /// <summary>Type and place of the weights.</summary>
    public WeightFormat Format { get; }

    /// <summary>Keeps only the inputs of each block for the backward pass and computes the block again there: far less memory for about a third more
    /// time. Gradients must be taken with <c>backward</c>.</summary>
    public bool Checkpointing { get; set; }

    /// <summary>A network from a folder with config.json and weights.</summary>
    public static Sd3Transformer Load(string folder, WeightFormat format)
    {
        var network = new Sd3Transformer(Sd3Config.Read(Path.Combine(folder, "config.json")), format);
        using var weights = Checkpoint.Open(folder);
        Checkpoint.LoadInto(network, weights);
        return network;
    }

    /// <summary>Predicted velocity ε − x₀.</summary>
    /// <param name="latents">Shape [B, C, H, W], H and W multiples of the patch.</param>
    /// <param name="encoder">Text tokens of <see cref="Sd3Text"/>. Shape [B, M, text].</param>
    /// <param name="pooled">Pooled text. Shape [B, pooled].</param>
    /// <param name="timestep">1000·σ, float32 whatever the type of the weights. Shape [B].</param>
    /// <param name="probe">Told intermediate results; those of block i under block0, block1, …, of the last under last too.</param>
    /// <returns>In the type of the weights. Shape [B, C, H, W].</returns>
    public Tensor Forward(Tensor latents, Tensor encoder, Tensor pooled, Tensor timestep, Probe? probe = null)
    {
        using var scope = NewDisposeScope();
        var picture = patches.Forward(latents.to(Format.Compute), probe);                            // [B, N, D]
        var text = textIn.Forward(encoder.to(Format.Compute));                                       // [B, M, D]
        probe?.Invoke("context_embedder", text);
        var activated = nn.functional.silu(conditioning.Forward(timestep, pooled.to(Format.Compute), probe));                // [B, D]
        foreach (var (i, block) in blocks[..^1].Index()) (picture, text) = Run(block, picture, text!, activated, probe.Under($"block{i}"));
        (picture, _) = Run(blocks[^1], picture, text!, activated, Last(probe));
        var pieces = modulationOut.Of(activated);
        var normed = Modulation.Norm(picture, shift: pieces[1], scale: pieces[0]);                 // [B, N, D]
        var tokens = pictureOut.Forward(normed);                                                   // [B, N, p·p·C]
        probe?.Invoke("norm_out", normed);
        probe?.Invoke("proj_out", tokens);
        return Unpatched(tokens, latents.shape[2] / Config.Patch, latents.shape[3] / Config.Patch).MoveToOuterDisposeScope();
    }

    private Probe? Last(Probe? probe) => probe is null ? null : (part, value) =>
    {
        probe($"block{blocks.Length - 1}.{part}", value);
        probe($"last.{part}", value);
    };

    // Frees the tokens it replaces: otherwise those of every block would live until the end of the pass.
    private (Tensor Picture, Tensor? Text) Run(Sd3Block block, Tensor picture, Tensor text, Tensor activated, Probe? probe)
    {
        using (picture)
        using (text)
        {
            if (!Checkpointing) return block.Forward(picture, text, activated, probe);
            var results = Recompute.Of(
                block,
                inputs =>
                {
                    var (newPicture, newText) = block.Forward(inputs[0], inputs[1], inputs[2]);
                    return newText is null ? [newPicture] : [newPicture, newText];
                },
                picture, text, activated);
            return (results[0], results.ElementAtOrDefault(1));
        }
    }

    // Inside a token: row, column, then channel.
    private Tensor Unpatched(Tensor tokens, long rows, long columns)
    {
        var (batch, patch) = (tokens.shape[0], Config.Patch);
        return tokens.view(batch, rows, columns, patch, patch, Config.Outputs).permute(0, 5, 1, 3, 2, 4)
            .reshape(batch, Config.Outputs, rows * patch, columns * patch);                        // [B, C, H, W]
    }
}
