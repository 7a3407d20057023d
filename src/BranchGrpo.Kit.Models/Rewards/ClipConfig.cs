using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Text;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>Sizes of a CLIP in the transformers layout. Keys that a file leaves out have transformers' defaults.</summary>
internal sealed record ClipConfig
{
    public required ClipTextConfig Text { get; init; }

    /// <summary>Width of the common space.</summary>
    public long Projection { get; init; } = 512;

    /// <summary>Width of the vision tower.</summary>
    public long Width { get; init; } = 768;

    /// <summary>Width inside its feed-forward parts.</summary>
    public long Inner { get; init; } = 3072;

    public int Layers { get; init; } = 12;

    public long Heads { get; init; } = 12;

    public double Epsilon { get; init; } = 1e-5;

    public string Activation { get; init; } = "quick_gelu";

    /// <summary>Side of the pictures, pixels.</summary>
    public long ImageSide { get; init; } = 224;

    public long PatchSize { get; init; } = 32;

    public long Patches => ImageSide / PatchSize * (ImageSide / PatchSize);

    /// <summary>Reads <c>config.json</c>.</summary>
    public static ClipConfig Read(string path)
    {
        var root = ModelConfig.Read(path);
        // The older "…_dict" parts win where a file has both.
        var text = root.Part("text_config_dict") ?? root.Part("text_config") ?? throw root.Refused("text_config", "an object", "none");
        var vision = root.Part("vision_config_dict") ?? root.Part("vision_config") ?? throw root.Refused("vision_config", "an object", "none");
        vision.Only(("num_channels", "3"));
        var read = new ClipConfig { Text = ClipTextConfig.From(text, projects: false) };
        return read with
        {
            Projection = root.Long("projection_dim", read.Projection),
            Width = vision.Long("hidden_size", read.Width),
            Inner = vision.Long("intermediate_size", read.Inner),
            Layers = vision.Int("num_hidden_layers", read.Layers),
            Heads = vision.Long("num_attention_heads", read.Heads),
            Epsilon = vision.Double("layer_norm_eps", read.Epsilon),
            Activation = vision.Text("hidden_act") ?? read.Activation,
            ImageSide = vision.Long("image_size", read.ImageSide),
            PatchSize = vision.Long("patch_size", read.PatchSize),
        };
    }
}
