using BranchGrpo.Kit.Models.Flux;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Sd3;
using BranchGrpo.Kit.Models.Text;
using BranchGrpo.Kit.Models.Vae;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Library.Tiny;

/// <summary>Every model that the kit reads, in its published layout, a few MB in all, with random weights: for tests, notebooks and trials.</summary>
public static class TinyModels
{
    /// <summary>Name of a list of prompts that is made along with the models.</summary>
    public const string Prompts = "prompts.txt";

    private const string End = "<|endoftext|>", Transformer = "diffusion_pytorch_model*.safetensors";

    /// <summary>Makes the folder. What it holds already is written over.</summary>
    /// <param name="folder">Made if needed.</param>
    /// <param name="seed">Equal seeds give equal files.</param>
    /// <returns>What was made.</returns>
    public static ModelFolder Make(string folder, ulong seed = 1)
    {
        using var quiet = no_grad();
        var network = new TinyNetwork(folder, seed);
        var vocabulary = MakeFlux(Path.Combine(folder, "flux"), network);
        MakeSd3(Path.Combine(folder, "sd3"), network);
        TinyRewards.Make(folder, network, vocabulary);
        File.WriteAllLines(Path.Combine(folder, Prompts), TinyWords.Prompts(96));
        return ModelFolder.Open(folder);
    }

    private static int MakeFlux(string folder, TinyNetwork network)
    {
        string Part(string name) => Path.Combine(folder, name);
        string[] parts = ["scheduler", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "transformer", "vae"];
        TinyVocabularies.WriteJson(Part("model_index.json"), TinyPipelines.Index("FluxPipeline", parts));
        TinyVocabularies.WriteJson(Part("scheduler/scheduler_config.json"), TinyPipelines.Scheduler);
        var clip = TinyVocabularies.WriteClip(Part("tokenizer"), End);
        var t5 = TinyVocabularies.WriteT5(Part("tokenizer_2"));
        WriteClip(network, Part("text_encoder"), TinyPipelines.ClipText(TinyPipelines.ClipWidth, clip, projects: false, "quick_gelu"));
        WriteT5(network, Part("text_encoder_2"), TinyPipelines.T5(TinyPipelines.FluxT5Width, t5));
        network.Write(Part("transformer"), TinyPipelines.FluxTransformer,
            path => new FluxTransformer(FluxConfig.Read(path), WeightFormat.Cpu), Transformer, ScalarType.BFloat16);
        WriteAutoencoder(network, Part("vae"), TinyPipelines.Autoencoder(scaling: 0.3611, shift: 0.1159));
        return clip;
    }

    private static void MakeSd3(string folder, TinyNetwork network)
    {
        string Part(string name) => Path.Combine(folder, name);
        string[] parts =
        [
            "scheduler", "text_encoder", "text_encoder_2", "text_encoder_3", "tokenizer", "tokenizer_2", "tokenizer_3", "transformer", "vae",
        ];
        TinyVocabularies.WriteJson(Part("model_index.json"), TinyPipelines.Index("StableDiffusion3Pipeline", parts));
        TinyVocabularies.WriteJson(Part("scheduler/scheduler_config.json"), TinyPipelines.Scheduler);
        var clip = TinyVocabularies.WriteClip(Part("tokenizer"), End);
        TinyVocabularies.WriteClip(Part("tokenizer_2"), "!");
        var t5 = TinyVocabularies.WriteT5(Part("tokenizer_3"));
        WriteClip(network, Part("text_encoder"), TinyPipelines.ClipText(TinyPipelines.ClipWidth, clip, projects: true, "quick_gelu"));
        WriteClip(network, Part("text_encoder_2"), TinyPipelines.ClipText(TinyPipelines.BigWidth, clip, projects: true, "gelu"));
        WriteT5(network, Part("text_encoder_3"), TinyPipelines.T5(TinyPipelines.Sd3T5Width, t5));
        network.Write(Part("transformer"), TinyPipelines.Sd3Transformer,
            path => new Sd3Transformer(Sd3Config.Read(path), WeightFormat.Cpu), "diffusion_pytorch_model.safetensors", ScalarType.Float16);
        WriteAutoencoder(network, Part("vae"), TinyPipelines.Autoencoder(scaling: 1.5305, shift: 0.0609));
    }

    private static void WriteClip(TinyNetwork network, string folder, object config) => network.Write(
        folder, config, path => new ClipTextEncoder(ClipTextConfig.Read(path), WeightFormat.Cpu), "model.safetensors");

    private static void WriteT5(TinyNetwork network, string folder, object config) => network.Write(
        folder, config, path => new T5Encoder(T5Config.Read(path), WeightFormat.Cpu), "model.safetensors");

    private static void WriteAutoencoder(TinyNetwork network, string folder, object config) => network.Write(
        folder, config, path => new Autoencoder(AutoencoderConfig.Read(path), WeightFormat.Cpu), "diffusion_pytorch_model.safetensors");
}
