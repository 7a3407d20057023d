using BranchGrpo.Kit.Models.Flux;
using BranchGrpo.Kit.Models.Sd3;
using BranchGrpo.Kit.Models.Vae;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>Sizes of the published models, for predictions before anything is downloaded.</summary>
internal static class PublishedSizes
{
    /// <summary>The autoencoder of FLUX.1 and of Stable Diffusion 3.</summary>
    public static AutoencoderConfig Autoencoder { get; } = new()
    {
        Latents = 16, Channels = [128, 256, 512, 512], BlocksPerLevel = 2, QuantConvolution = false, PostQuantConvolution = false, SampleSize = 1024,
    };

    /// <summary>FLUX.1-dev.</summary>
    public static FluxConfig FluxDev { get; } = new() { GuidanceEmbeds = true };

    /// <summary>Stable Diffusion 3.5 Medium.</summary>
    public static Sd3Config Sd35Medium { get; } = new()
    {
        Layers = 24, Heads = 24, DualLayers = [.. Enumerable.Range(0, 13)], NormalisedHeads = true, Positions = 384,
    };

    /// <summary>The transformer of a family for one latent.</summary>
    public static TransformerWork Work(ImageFamily family, PolicyOptions options) => family == ImageFamily.Flux
        ? TransformerWork.Of(FluxDev, options, (int)Autoencoder.Downscale)
        : TransformerWork.Of(Sd35Medium, options, (int)Autoencoder.Downscale);
}
