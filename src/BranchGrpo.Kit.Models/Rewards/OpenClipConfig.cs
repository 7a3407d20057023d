using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Images;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>Sizes of an open_clip network, and how its pictures are prepared.</summary>
/// <remarks>Layout of open_clip's model configurations: the network alone, or below <c>model_cfg</c> with <c>preprocess_cfg</c> beside it.</remarks>
internal sealed record OpenClipConfig
{
    public required long Embedding { get; init; }

    public required OpenClipVisionConfig Vision { get; init; }

    public required OpenClipTextConfig Text { get; init; }

    /// <summary>x·sigmoid(1.702·x) instead of the exact GELU, in both towers.</summary>
    public bool QuickGelu { get; init; }

    /// <summary>How pictures come to the network's size: <c>shortest</c> (side, then a centre crop) or <c>squash</c> (both sides).</summary>
    public string ResizeMode { get; init; } = "shortest";

    public ImageNormalisation Normalisation { get; init; } = ImageNormalisation.Clip;

    /// <summary>The published ViT-H-14 of HPSv2 and HPSv2.1, whose files come without a configuration.</summary>
    public static OpenClipConfig ViTH14 { get; } = new()
    {
        Embedding = 1024,
        Vision = new() { ImageHeight = 224, ImageWidth = 224, Layers = 32, Width = 1280, HeadWidth = 80, PatchSize = 14 },
        Text = new() { ContextLength = 77, Vocabulary = 49408, Width = 1024, Heads = 16, Layers = 24 },
    };

    /// <summary>The configuration beside a weights file, if one of open_clip is there.</summary>
    public static OpenClipConfig? Beside(string weights) => new[] { "open_clip_config.json", "config.json" }
        .Select(name => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(weights))!, name))
        .Where(path => File.Exists(path) && ModelConfig.Read(path) is var found && (found.Has("model_cfg") || found.Has("embed_dim")))
        .Select(Read).FirstOrDefault();

    /// <summary>Reads <c>open_clip_config.json</c> or a model configuration of open_clip.</summary>
    /// <exception cref="InvalidDataException">A variant that is not implemented.</exception>
    public static OpenClipConfig Read(string path)
    {
        var root = ModelConfig.Read(path);
        var model = root.Part("model_cfg") ?? root;
        model.Only(("custom_text", "false"), ("init_logit_bias", ""), ("nonscalar_logit_scale", "false"), ("multimodal_cfg", ""));
        var preparation = root.Part("preprocess_cfg");
        preparation?.Expect("resize_mode", "shortest", "shortest", "squash");
        preparation?.Expect("interpolation", "bicubic", "bicubic");
        preparation?.Expect("mode", "RGB", "RGB");
        return new()
        {
            Embedding = model.Long("embed_dim"),
            Vision = OpenClipVisionConfig.Of(model.Part("vision_cfg") ?? throw model.Refused("vision_cfg", "an object", "none")),
            Text = OpenClipTextConfig.Of(model.Part("text_cfg") ?? throw model.Refused("text_cfg", "an object", "none")),
            QuickGelu = model.Flag("quick_gelu", false),
            ResizeMode = preparation?.Text("resize_mode") ?? "shortest",
            Normalisation = new([.. Colours(preparation, "mean", ImageNormalisation.Clip.Mean)], [.. Colours(preparation, "std", ImageNormalisation.Clip.Std)]),
        };
    }

    /// <summary>What happens to a picture before the network sees it, by the configuration (HPSv2 has its own).</summary>
    public ImagePipeline Pipeline() => (ResizeMode, Square()) is ("squash", var side) ? ImagePipeline.OpenClipSquash(side, Normalisation)
        : ImagePipeline.OpenClipShortest(Square(), Normalisation);

    /// <summary>Side of the pictures, pixels.</summary>
    /// <exception cref="InvalidDataException">They are not square, for which no preparation is published.</exception>
    public int Square() => Vision.ImageHeight == Vision.ImageWidth ? (int)Vision.ImageHeight
        : throw new InvalidDataException($"pictures of {Vision.ImageWidth} x {Vision.ImageHeight} have no published preparation");

    private static IEnumerable<float> Colours(ModelConfig? preparation, string key, IReadOnlyList<float> otherwise)
    {
        var values = preparation?.Doubles(key) ?? [];
        return values.Count switch { 0 => otherwise, 3 => values.Select(v => (float)v), _ => throw preparation!.Refused(key, "3 numbers", $"{values.Count}") };
    }
}

/// <summary>Vision tower.</summary>
internal sealed record OpenClipVisionConfig
{
    public required long ImageHeight { get; init; }

    public required long ImageWidth { get; init; }

    public required long Layers { get; init; }

    public required long Width { get; init; }

    /// <summary>Width of one head; their number is the width divided by it.</summary>
    public required long HeadWidth { get; init; }

    public required long PatchSize { get; init; }

    public double MlpRatio { get; init; } = 4;

    public long Patches => ImageHeight / PatchSize * (ImageWidth / PatchSize);

    public static OpenClipVisionConfig Of(ModelConfig settings)
    {
        settings.Only(("timm_model_name", ""), ("attentional_pool", "false"), ("global_average_pool", "false"), ("input_patchnorm", "false"),
            ("no_ln_pre", "false"), ("pool_type", "tok"), ("pos_embed_type", "learnable"), ("ls_init_value", ""), ("act_kwargs", "{}"), ("norm_kwargs", "{}"));
        var sides = settings.Longs("image_size", 224);                                             // one, or height and width
        return new()
        {
            ImageHeight = sides[0], ImageWidth = sides[^1], Layers = settings.Long("layers", 12), Width = settings.Long("width", 768),
            HeadWidth = settings.Long("head_width", 64), PatchSize = settings.Long("patch_size", 16), MlpRatio = settings.Double("mlp_ratio", 4),
        };
    }
}

/// <summary>Text tower.</summary>
internal sealed record OpenClipTextConfig
{
    public required long ContextLength { get; init; }

    public required long Vocabulary { get; init; }

    public required long Width { get; init; }

    public required long Heads { get; init; }

    public required long Layers { get; init; }

    public double MlpRatio { get; init; } = 4;

    public static OpenClipTextConfig Of(ModelConfig settings)
    {
        settings.Only(("hf_model_name", ""), ("embed_cls", "false"), ("proj_bias", "false"), ("proj_type", "linear"), ("no_causal_mask", "false"),
            ("pool_type", "argmax"), ("ls_init_value", ""), ("act_kwargs", "{}"), ("norm_kwargs", "{}"));
        return new()
        {
            ContextLength = settings.Long("context_length", 77), Vocabulary = settings.Long("vocab_size", 49408), Width = settings.Long("width", 512),
            Heads = settings.Long("heads", 8), Layers = settings.Long("layers", 12), MlpRatio = settings.Double("mlp_ratio", 4),
        };
    }
}
