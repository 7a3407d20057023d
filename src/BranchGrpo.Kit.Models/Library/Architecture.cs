using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Flux;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Rewards;
using BranchGrpo.Kit.Models.Sd3;
using BranchGrpo.Kit.Models.Text;
using BranchGrpo.Kit.Models.Vae;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Library;

/// <summary>Holds checkpoints against the networks that their configurations describe. The networks are built on the meta device, where 12 billion
/// parameters take no memory, and no weight is read.</summary>
internal static class Architecture
{
    private const int Told = 3;

    /// <summary>Weights that are missing, left over or wrongly shaped, in one line; null for a checkpoint that fits.</summary>
    /// <param name="kind">The model.</param>
    /// <param name="part">Name of the part.</param>
    /// <param name="folder">Of its configuration.</param>
    /// <param name="weights">Borrowed.</param>
    public static string? Fault(ModelKind kind, string part, string folder, WeightSource weights)
    {
        using var scope = NewDisposeScope();
        var (network, rename) = Network(kind, part, folder, weights);
        using (network)
        {
            var wrong = Checkpoint.Misfits(network, weights, rename);
            return wrong.Length == 0 ? null : $"{weights.Name} does not fit its configuration: {string.Join("; ", wrong.Take(Told))}"
                + (wrong.Length > Told ? $"; … {wrong.Length} in all" : "");
        }
    }

    private static (nn.Module Network, Func<string, string?>? Rename) Network(ModelKind kind, string part, string folder, WeightSource weights)
    {
        var format = new WeightFormat(ScalarType.Float32, new Device(DeviceType.META));
        var config = Path.Combine(folder, "config.json");
        return (kind, part) switch
        {
            (ModelKind.Flux, "transformer") => (new FluxTransformer(FluxConfig.Read(config), format), null),
            (ModelKind.StableDiffusion3, "transformer") => (new Sd3Transformer(Sd3Config.Read(config), format), null),
            (ModelKind.Flux or ModelKind.StableDiffusion3, "vae") => (new Autoencoder(AutoencoderConfig.Read(config), format), Autoencoder.Rename),
            (ModelKind.Flux, "text_encoder_2") or (ModelKind.StableDiffusion3, "text_encoder_3") =>
                (new T5Encoder(T5Config.Read(config), format), T5Encoder.Published(weights)),
            (ModelKind.Flux or ModelKind.StableDiffusion3, _) => (new ClipTextEncoder(ClipTextConfig.Read(config), format), ClipTextEncoder.Published),
            (ModelKind.PickScore or ModelKind.ClipL, _) => (new ClipModel(ClipConfig.Read(config), format), ClipModel.Rename),
            (ModelKind.ImageReward, _) => (new BlipReward(BlipConfig.Read(folder, weights), format), BlipReward.Rename),
            (ModelKind.Aesthetic, _) => (new LinearHead(LinearHead.Widths(weights), format), null),
            _ => (new OpenClipModel(OpenClipConfig.Beside(Path.Combine(folder, "weights")) ?? OpenClipConfig.ViTH14, format), null),
        };
    }
}
