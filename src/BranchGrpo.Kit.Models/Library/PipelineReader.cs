using BranchGrpo.Kit.Models.Files;

namespace BranchGrpo.Kit.Models.Library;

/// <summary>Recognises FLUX and SD3 pipelines in the diffusers layout by the class of their transformer.</summary>
internal static class PipelineReader
{
    /// <summary>What a part of a pipeline is for, and the files that it is useless without.</summary>
    private sealed record Need(string Name, string What, params string[] Files);

    private static readonly Need ClipVocabulary = new("tokenizer", "the CLIP-L tokenizer", "vocab.json", "merges.txt");

    private static readonly Need[] Flux =
    [
        new("transformer", "the transformer"), new("vae", "the autoencoder"), new("text_encoder", "the CLIP-L text encoder"),
        new("text_encoder_2", "the T5 encoder"), ClipVocabulary, new("tokenizer_2", "the T5 tokenizer", "spiece.model"),
    ];

    private static readonly Need[] StableDiffusion3 =
    [
        new("transformer", "the transformer"), new("vae", "the autoencoder"), new("text_encoder", "the CLIP-L text encoder"),
        new("text_encoder_2", "the OpenCLIP-bigG text encoder"), new("text_encoder_3", "the T5 encoder"), ClipVocabulary,
        new("tokenizer_2", "the second CLIP tokenizer", "vocab.json", "merges.txt"), new("tokenizer_3", "the T5 tokenizer", "spiece.model"),
    ];

    /// <summary>The pipeline in a folder; null if it holds none that the kit knows.</summary>
    public static FoundModel? Read(string folder)
    {
        ModelConfig? config;
        try
        {
            config = Config(Path.Combine(folder, "transformer", "config.json"));
        }
        catch (InvalidDataException e)
        {
            return KindOfIndex(folder) is { } kind ? new() { Kind = kind, Path = folder, Summary = "damaged", Faults = [e.Message] } : null;
        }
        var found = config?.Text("_class_name") switch
        {
            "FluxTransformer2DModel" => ModelKind.Flux,
            "SD3Transformer2DModel" => ModelKind.StableDiffusion3,
            _ => KindOfIndex(folder),
        };
        return found is { } known ? Described(known, folder, config) : null;
    }

    private static ModelKind? KindOfIndex(string folder)
    {
        try
        {
            return Config(Path.Combine(folder, "model_index.json"))?.Text("_class_name") switch
            {
                "FluxPipeline" => ModelKind.Flux,
                "StableDiffusion3Pipeline" => ModelKind.StableDiffusion3,
                _ => null,
            };
        }
        catch (InvalidDataException)
        {
            return null;                                                        // another program's index
        }
    }

    private static FoundModel Described(ModelKind kind, string folder, ModelConfig? config)
    {
        var (parts, faults) = (new List<ModelPart>(), new List<string>());
        var summary = "without transformer";
        Try("transformer/config.json", () => summary = config is null ? summary : Summary(kind, config));
        foreach (var need in kind == ModelKind.Flux ? Flux : StableDiffusion3) Look(need);
        return new()
        {
            Kind = kind,
            Path = folder,
            Summary = summary,
            Parts = [.. parts],
            Faults = [.. faults],
        };

        void Look(Need need)
        {
            var path = Path.Combine(folder, need.Name);
            string[] needed = need.Files.Length > 0 ? need.Files : ["config.json"];
            string[] missing = [.. needed.Where(file => !File.Exists(Path.Combine(path, file)))];
            if (missing.Length > 0)
            {
                faults.Add($"{need.Name}/{string.Join(" and ", missing)} is missing ({need.What})");
                return;
            }
            if (need.Files.Length > 0) return;
            Try($"{need.Name} ({need.What})", () =>
            {
                using var weights = Checkpoint.Open(path);
                parts.Add(ModelPart.Of(need.Name, path, weights));
                if (Architecture.Fault(kind, need.Name, path, weights) is { } fault) faults.Add(fault);
            });
        }

        void Try(string what, Action read)
        {
            try
            {
                read();
            }
            catch (Exception e) when (RewardReader.IsFault(e))
            {
                faults.Add($"{what}: {e.Message}");
            }
        }
    }

    private static ModelConfig? Config(string path) => File.Exists(path) ? ModelConfig.Read(path) : null;

    private static string Summary(ModelKind kind, ModelConfig c)
    {
        var width = c.Long("num_attention_heads", 0) * c.Long("attention_head_dim", 0);
        if (kind == ModelKind.Flux)
            return $"{c.Long("num_layers", 0)} double and {c.Long("num_single_layers", 0)} single blocks of width {width}, "
                + (c.Flag("guidance_embeds", false) ? "guidance embedded" : "no guidance");
        var dual = c.Longs("dual_attention_layers").Count;
        return $"{c.Long("num_layers", 0)} blocks of width {width}, " + (dual > 0 ? $"dual attention in {dual}" : "no dual attention");
    }
}
