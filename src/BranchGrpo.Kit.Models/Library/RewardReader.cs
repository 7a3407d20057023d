using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Rewards;

namespace BranchGrpo.Kit.Models.Library;

/// <summary>Recognises the reward models in a folder: by configuration where one is published, else by the names of the weights.</summary>
internal static class RewardReader
{
    private static readonly string[] Kinds = [".pt", ".pth", ".bin", ".safetensors"];

    public static IEnumerable<FoundModel> Read(string folder)
    {
        if (Configured(folder) is { } model) return [model];
        return Directory.EnumerateFiles(folder).Where(f => Kinds.Contains(Path.GetExtension(f))).Order(StringComparer.Ordinal)
            .Select(OfFile).OfType<FoundModel>().ToArray();
    }

    /// <summary>A CLIP in the transformers layout, or an open_clip model with its own configuration.</summary>
    private static FoundModel? Configured(string folder)
    {
        ModelConfig? open, config;
        try
        {
            open = Config(folder, "open_clip_config.json")?.Part("model_cfg");
            config = open is null ? Config(folder, "config.json") : null;
        }
        catch (InvalidDataException)
        {
            return null;                                                        // another program's configuration
        }
        if (open is { } o)
        {
            var vision = o.Part("vision_cfg");
            var summary = vision is null ? "no vision_cfg"
                : $"{vision.Long("layers", 12)} x {vision.Long("width", 768)}, side {vision.Longs("image_size", 224)[0]}";
            return Filled(new() { Kind = ModelKind.OpenClip, Path = folder, Summary = summary }, folder);
        }
        if (config is not { } c || c.Text("model_type") != "clip" || c.Part("vision_config") is not { } v || c.Part("text_config") is not { } t) return null;
        var quick = (v.Text("hidden_act") ?? t.Text("hidden_act") ?? "quick_gelu") == "quick_gelu";
        return Filled(new()
        {
            Kind = quick ? ModelKind.ClipL : ModelKind.PickScore,
            Path = folder,
            Summary = $"{v.Long("num_hidden_layers", 12)} x {v.Long("hidden_size", 768)}, side {v.Long("image_size", 224)}, {(quick ? "quick" : "exact")} GELU",
            Faults = ModelFolder.HasClipVocabulary(folder) ? [] : ["vocab.json and merges.txt are missing (the CLIP tokenizer)"],
        }, folder);
    }

    private static ModelConfig? Config(string folder, string file) =>
        Path.Combine(folder, file) is var path && File.Exists(path) ? ModelConfig.Read(path) : null;

    private static FoundModel Filled(FoundModel model, string path)
    {
        try
        {
            using var weights = Checkpoint.Open(path);
            model = model with { Parts = [ModelPart.Of("weights", path, weights)] };
            return Architecture.Fault(model.Kind, "weights", path, weights) is { } fault ? model with { Faults = model.Faults.Add(fault) } : model;
        }
        catch (Exception e) when (IsFault(e))
        {
            return model with { Faults = model.Faults.Add(e.Message) };
        }
    }

    private static FoundModel? OfFile(string path)
    {
        try
        {
            using var weights = Checkpoint.Open(path);
            return Kind(weights) is { } kind ? Described(kind, path, weights) : null;
        }
        catch (Exception e) when (IsFault(e))
        {
            return Named(path) is { } kind ? new() { Kind = kind, Path = path, Summary = "damaged", Faults = [e.Message] } : null;
        }
    }

    /// <summary>What reading a file of somebody else's may throw.</summary>
    public static bool IsFault(Exception e) => e is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException;

    private static ModelKind? Kind(WeightSource weights)
    {
        bool Has(string name) => weights.Entries.ContainsKey(name);
        if (Has("visual.conv1.weight") && Has("logit_scale")) return ModelKind.Hps;
        if (Has("blip.visual_encoder.patch_embed.proj.weight")) return ModelKind.ImageReward;
        return Has("layers.0.weight") && Has("layers.7.weight") && weights.Entries["layers.7.weight"].Shape is [1, _] ? ModelKind.Aesthetic : null;
    }

    // A file that cannot be read is still worth a word if its name promises a reward.
    private static ModelKind? Named(string path)
    {
        var name = Path.GetFileName(path);
        return name.StartsWith("HPS_v2", StringComparison.Ordinal) ? ModelKind.Hps
            : name.StartsWith("ImageReward", StringComparison.Ordinal) ? ModelKind.ImageReward
            : name.Contains("linearMSE", StringComparison.Ordinal) ? ModelKind.Aesthetic
            : null;
    }

    private static FoundModel Described(ModelKind kind, string path, WeightSource weights)
    {
        var folder = Path.GetDirectoryName(path)!;
        string[] beside = kind == ModelKind.ImageReward ? ["med_config.json", "vocab.txt"] : [];
        string[] missing = [.. beside.Where(f => !File.Exists(Path.Combine(folder, f))).Select(f => $"{f} is missing beside {Path.GetFileName(path)}")];
        var fault = missing.Length > 0 ? null : Architecture.Fault(kind, "weights", folder, weights);
        return new()
        {
            Kind = kind,
            Path = path,
            Summary = kind switch
            {
                ModelKind.Hps => HpsRelease.Of(path).Range,
                ModelKind.ImageReward => "BLIP",
                _ => $"over an embedding of {weights.Entries["layers.0.weight"].Shape[1]}",
            },
            Parts = [ModelPart.Of("weights", path, weights)],
            Faults = [.. missing, .. fault is null ? [] : new[] { fault }],
        };
    }
}
