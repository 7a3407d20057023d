using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>CLIP text encoder in the transformers layout, with or without projection: CLIP-L of FLUX.1 and Stable Diffusion 3, OpenCLIP bigG of the
/// latter.</summary>
internal sealed class ClipTextEncoder : NamedModule
{
    private readonly ClipTextTransformer model;
    private readonly Linear? projection;

    public ClipTextEncoder(ClipTextConfig config, WeightFormat format) : base(nameof(ClipTextEncoder))
    {
        Config = config;
        model = Add("text_model", new ClipTextTransformer(config, format));
        if (config.Projection > 0) projection = Add("text_projection", new Linear(config.Width, config.Projection, format, bias: false));
    }

    /// <summary>Sizes.</summary>
    public ClipTextConfig Config { get; }

    /// <summary>Opens a folder with <c>config.json</c> and a checkpoint.</summary>
    public static ClipTextEncoder Load(string folder, WeightFormat format)
    {
        var encoder = new ClipTextEncoder(ClipTextConfig.Read(Path.Combine(folder, "config.json")), format);
        using var weights = Checkpoint.Open(folder);
        Checkpoint.LoadInto(encoder, weights, Published);
        return encoder;
    }

    /// <summary>Names in published files; old ones also store the numbers 0, 1, 2, …, which say nothing.</summary>
    public static string? Published(string name) => name == "text_model.embeddings.position_ids" ? null : name;

    /// <inheritdoc cref="ClipTextTransformer.Forward"/>
    public ClipTextStates Forward(Tensor ids, Tensor? valid = null)
    {
        var states = model.Forward(ids, valid);
        return projection is null ? states : states with { Projected = projection.Forward(states.Pooled) };
    }
}
