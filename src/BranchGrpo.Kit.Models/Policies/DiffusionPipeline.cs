using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Vae;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>A published pipeline in the diffusers layout: a folder with a transformer, an autoencoder, text encoders and their tokenizers. Opening it
/// reads configurations only; each part is loaded when it is asked for.</summary>
public abstract class DiffusionPipeline
{
    private readonly AutoencoderConfig autoencoder;

    private protected DiffusionPipeline(string folder)
    {
        Folder = folder;
        autoencoder = AutoencoderConfig.Read(Path.Combine(folder, "vae", "config.json"));
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>FLUX or SD3.</summary>
    public abstract ImageFamily Family { get; }

    /// <summary>Prompts that the policy needs besides those it is asked for.</summary>
    public abstract IReadOnlyList<string> ImpliedPrompts { get; }

    /// <summary>Pixels along a side of a latent.</summary>
    public int PixelsPerLatent => (int)autoencoder.Downscale;

    /// <summary>Opens a folder.</summary>
    /// <exception cref="FileNotFoundException">It holds no transformer, or no autoencoder.</exception>
    /// <exception cref="InvalidDataException">The transformer is of a kind that the kit does not know.</exception>
    public static DiffusionPipeline Open(string folder)
    {
        var config = Path.Combine(folder, "transformer", "config.json");
        if (!File.Exists(config)) throw new FileNotFoundException($"{folder} is not a pipeline: it has no transformer/config.json.", config);
        return ModelConfig.Read(config).Text("_class_name") switch
        {
            "FluxTransformer2DModel" or null => new FluxPipeline(folder),
            "SD3Transformer2DModel" => new Sd3Pipeline(folder),
            var other => throw new InvalidDataException($"{config} describes a {other}; expected FluxTransformer2DModel or SD3Transformer2DModel."),
        };
    }

    /// <summary>A policy with the transformer's published weights.</summary>
    /// <param name="options">How it computes and what of it is trained.</param>
    /// <param name="cache">Embedded prompts; borrowed.</param>
    /// <param name="trained">What <see cref="ImagePolicy.Save"/> wrote, or published adapters; null starts anew.</param>
    public abstract ImagePolicy LoadPolicy(PolicyOptions options, PromptCache cache, string? trained = null);

    /// <summary>The text encoders and their tokenizers.</summary>
    /// <param name="options">Type, place and number of T5 tokens.</param>
    public abstract PromptEncoder LoadEncoder(PolicyOptions options);

    /// <summary>The autoencoder.</summary>
    /// <param name="dtype">Type of its weights, and in which it computes.</param>
    /// <param name="device">Where it is.</param>
    /// <param name="tiled">In tiles of the published size, which saves memory and shows at their edges; otherwise in one piece.</param>
    public ImageDecoder LoadDecoder(ScalarType dtype, Device device, bool tiled = false)
    {
        var network = Autoencoder.Load(Path.Combine(Folder, "vae"), new WeightFormat(dtype, device));
        if (tiled) network.Tiling = Tiling.Of(autoencoder);
        return new ImageDecoder(network);
    }

    /// <summary>The cache of this pipeline's embeddings in a folder: told apart by its encoders, their type and the number of T5 tokens.</summary>
    public PromptCache Cache(string folder, PolicyOptions options) =>
        new(folder, PromptCache.Fingerprint($"{Family} {Tokens(options)} {options.Dtype}", EncoderFolders.Select(Part).Where(Directory.Exists)));

    /// <summary>Latents as the autoencoder takes them, see <see cref="ImagePolicy.ToGrid"/>.</summary>
    public abstract Tensor ToGrid(Tensor latents, PolicyOptions options);

    /// <summary>Tells pipelines apart by their transformer and autoencoder, without reading gigabytes.</summary>
    public string Fingerprint => field ??= PromptCache.Fingerprint(Family.ToString(), [Part("transformer"), Part("vae")]);

    /// <summary>The network's work and sizes for one latent, counted without loading a weight.</summary>
    public abstract TransformerWork Work(PolicyOptions options);

    /// <summary>Sizes of the autoencoder.</summary>
    internal AutoencoderConfig AutoencoderConfig => autoencoder;

    /// <summary>Folders that decide what a prompt becomes.</summary>
    private protected abstract IReadOnlyList<string> EncoderFolders { get; }

    /// <summary>T5 tokens that the published pipeline takes.</summary>
    private protected abstract int DefaultTokens { get; }

    private protected int Tokens(PolicyOptions options) => options.TextTokens ?? DefaultTokens;

    private protected string Part(string name) => Path.Combine(Folder, name);
}
