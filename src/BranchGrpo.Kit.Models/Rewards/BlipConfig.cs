using BranchGrpo.Kit.Models.Files;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>Sizes of ImageReward. Only the text part is published as a configuration; the rest is read from the weights, but for the number of heads of the
/// vision tower, which they do not show.</summary>
internal sealed record BlipConfig
{
    /// <summary>Ids of a prompt, start, end and padding included: fixed in the published code.</summary>
    public const int TextLength = 35;

    public required long ImageHeight { get; init; }

    public required long ImageWidth { get; init; }

    public required long PatchSize { get; init; }

    public required long VisionWidth { get; init; }

    public required long VisionHidden { get; init; }

    public required int VisionLayers { get; init; }

    /// <summary>16 in the published network.</summary>
    public required long VisionHeads { get; init; }

    public required long TextWidth { get; init; }

    public required long TextHidden { get; init; }

    public required int TextLayers { get; init; }

    public required long TextHeads { get; init; }

    public required double TextEpsilon { get; init; }

    public required string TextActivation { get; init; }

    public required long Vocabulary { get; init; }

    public required long Positions { get; init; }

    public required IReadOnlyList<long> HeadWidths { get; init; }

    /// <summary>Mean of the head's output over the pairs that ImageReward was made with, as published.</summary>
    public double Mean { get; init; } = 0.16717362830052426;

    /// <summary>Its standard deviation, as published.</summary>
    public double Deviation { get; init; } = 1.0333394966054072;

    public long Patches => ImageHeight / PatchSize * (ImageWidth / PatchSize);

    /// <summary>Side of the pictures, pixels.</summary>
    /// <exception cref="InvalidDataException">They are not square, for which no preparation is published.</exception>
    public int Square() => ImageHeight == ImageWidth ? (int)ImageHeight
        : throw new InvalidDataException($"pictures of {ImageWidth} x {ImageHeight} have no published preparation");

    /// <summary>Reads <c>med_config.json</c> beside the weights, and <c>config.json</c> where one says what the published code fixes.</summary>
    /// <param name="folder">Of the configuration.</param>
    /// <param name="weights">Borrowed.</param>
    public static BlipConfig Read(string folder, WeightSource weights)
    {
        var extra = Path.Combine(folder, "config.json") is var beside && File.Exists(beside) ? ModelConfig.Read(beside) : null;
        var text = Path.Combine(folder, "med_config.json") is var med && File.Exists(med) ? ModelConfig.Read(med)
            : extra?.Part("med_config") ?? throw new InvalidDataException($"{folder}: expected med_config.json beside the weights of ImageReward");
        text.Only(("add_type_embeddings", "false"), ("position_embedding_type", "absolute"));
        var vision = extra?.Part("vit");
        const string tower = "blip.visual_encoder.";
        var patch = Shape(weights, tower + "patch_embed.proj.weight");                             // [W, 3, patch, patch]
        var patches = Shape(weights, tower + "pos_embed")[1] - 1;
        var side = (long)Math.Round(Math.Sqrt(patches)) * patch[2];
        var sides = vision?.Longs("img_size", side) ?? [side];                                     // one, or height and width
        return new()
        {
            ImageHeight = sides[0], ImageWidth = sides[^1], PatchSize = patch[2], VisionWidth = patch[0], VisionHeads = vision?.Long("num_heads", 16) ?? 16,
            VisionHidden = Shape(weights, tower + "blocks.0.mlp.fc1.weight")[0],
            VisionLayers = weights.Entries.Keys.Count(name => name.StartsWith(tower + "blocks.", StringComparison.Ordinal)
                && name.EndsWith(".norm1.weight", StringComparison.Ordinal)),
            TextWidth = text.Long("hidden_size", 768), TextHidden = text.Long("intermediate_size", 3072),
            TextLayers = text.Int("num_hidden_layers", 12), TextHeads = text.Long("num_attention_heads", 12),
            TextEpsilon = text.Double("layer_norm_eps", 1e-12), TextActivation = text.Text("hidden_act") ?? "gelu",
            // The published code grows the vocabulary by two tokens, whatever the configuration says.
            Vocabulary = Shape(weights, "blip.text_encoder.embeddings.word_embeddings.weight")[0],
            Positions = text.Long("max_position_embeddings", 512),
            HeadWidths = LinearHead.Widths(weights, "mlp."),
            Mean = extra?.Double("mean", 0.16717362830052426) ?? 0.16717362830052426,
            Deviation = extra?.Double("std", 1.0333394966054072) ?? 1.0333394966054072,
        };
    }

    private static IReadOnlyList<long> Shape(WeightSource weights, string name) => weights.Entries.TryGetValue(name, out var entry) ? entry.Shape
        : throw new InvalidDataException($"{weights.Name}: expected {name}; these are no weights of ImageReward");
}
