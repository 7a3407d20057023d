using System.Text.Json;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>Sizes of one tower of a CLIP in the transformers layout.</summary>
internal sealed record ClipTower
{
    public required long Width { get; init; }

    public required long Hidden { get; init; }

    public required long Layers { get; init; }

    public required long Heads { get; init; }

    public required double Epsilon { get; init; }

    public required string Activation { get; init; }

    public static ClipTower Of(JsonElement settings, long width, long hidden, long heads) => new()
    {
        Width = settings.Whole("hidden_size", width), Hidden = settings.Whole("intermediate_size", hidden), Layers = settings.Whole("num_hidden_layers", 12),
        Heads = settings.Whole("num_attention_heads", heads), Epsilon = settings.Number("layer_norm_eps", 1e-5),
        Activation = settings.Text("hidden_act", "quick_gelu"),
    };
}

/// <summary>Sizes of a CLIP in the transformers layout. Keys that a file leaves out have transformers' defaults.</summary>
internal sealed record ClipConfig
{
    public required ClipTower Vision { get; init; }

    public required ClipTower Text { get; init; }

    public required long Projection { get; init; }

    public required long ImageSide { get; init; }

    public required long PatchSize { get; init; }

    public required long Vocabulary { get; init; }

    public required long Positions { get; init; }

    /// <summary>The end token, whose first occurrence stands for the text. 2 is a wrong value that published configurations carry: it means the position
    /// of the largest id.</summary>
    public required long EndToken { get; init; }

    public long Patches => ImageSide / PatchSize * (ImageSide / PatchSize);

    /// <summary>Reads <c>config.json</c>.</summary>
    public static ClipConfig Read(string path)
    {
        try
        {
            var root = SettingsReader.Read(path);
            // The older "…_dict" sections win over the newer ones where a file has both.
            var text = root.Section("text_config_dict") ?? root.Section("text_config") ?? throw new InvalidDataException("expected \"text_config\"");
            var vision = root.Section("vision_config_dict") ?? root.Section("vision_config") ?? throw new InvalidDataException("expected \"vision_config\"");
            vision.Only(("num_channels", "3"));
            return new()
            {
                Text = ClipTower.Of(text, width: 512, hidden: 2048, heads: 8),
                Vision = ClipTower.Of(vision, width: 768, hidden: 3072, heads: 12),
                Projection = root.Whole("projection_dim", 512),
                ImageSide = vision.Whole("image_size", 224),
                PatchSize = vision.Whole("patch_size", 32),
                Vocabulary = text.Whole("vocab_size", 49408),
                Positions = text.Whole("max_position_embeddings", 77),
                EndToken = text.Whole("eos_token_id", 49407),
            };
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }
}
