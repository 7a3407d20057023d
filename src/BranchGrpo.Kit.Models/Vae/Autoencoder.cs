using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Vae;

/// <summary>Pictures to latents and back: the AutoencoderKL of FLUX, SD3 and SD1. Pictures are in [−1, 1].</summary>
internal sealed class Autoencoder : NamedModule
{
    private readonly Encoder encoder;
    private readonly Decoder decoder;
    private readonly Convolution? quant;
    private readonly Convolution? postQuant;

    public Autoencoder(AutoencoderConfig config, WeightFormat format) : base(nameof(Autoencoder))
    {
        Config = config;
        encoder = Add("encoder", new Encoder(config, format));
        decoder = Add("decoder", new Decoder(config, format));
        if (config.QuantConvolution) quant = Add("quant_conv", new Convolution(2 * config.Latents, 2 * config.Latents, 1, format));
        if (config.PostQuantConvolution) postQuant = Add("post_quant_conv", new Convolution(config.Latents, config.Latents, 1, format));
    }

    /// <summary>Sizes.</summary>
    public AutoencoderConfig Config { get; }

    /// <summary>Codes pictures larger than a tile in tiles; null codes every picture in one piece.</summary>
    public Tiling? Tiling { get; set; }

    private Tensor Place => this.parameters().First();

    /// <summary>A network from a folder with config.json and weights.</summary>
    public static Autoencoder Load(string folder, WeightFormat format)
    {
        var network = new Autoencoder(AutoencoderConfig.Read(Path.Combine(folder, "config.json")), format);
        using var weights = Checkpoint.Open(folder);
        Checkpoint.LoadInto(network, weights, Rename);
        return network;
    }

    /// <summary>The name of a weight in this network: files of SD1's time call the parts of attention query, key, value and proj_attn.</summary>
    public static string Rename(string stored)
    {
        if (!stored.Contains(".attentions.", StringComparison.Ordinal)) return stored;
        var parts = stored.Split('.');
        parts[^2] = parts[^2] switch { "query" => "to_q", "key" => "to_k", "value" => "to_v", "proj_attn" => "to_out.0", var other => other };
        return string.Join('.', parts);
    }

    /// <summary>Moments of the latents, mean then log variance; see <see cref="LatentGaussian.Of"/>.</summary>
    /// <param name="images">Shape [B, C, H, W].</param>
    /// <param name="probe">Told intermediate results, without tiling.</param>
    /// <returns>Shape [B, 2L, h, w]; halved once per level, rounded down each time.</returns>
    public Tensor Encode(Tensor images, Probe? probe = null)
    {
        return Tiling is null ? Whole(images) : Tiling.Encode(images, Whole);

        Tensor Whole(Tensor x)
        {
            using var scope = NewDisposeScope();
            var moments = encoder.Forward(x, probe.Under("enc"));                                  // [B, 2L, h, w]
            return (quant?.Forward(moments) ?? moments).MoveToOuterDisposeScope();
        }
    }

    /// <summary>The picture of latents as the encoder makes them, without scaling and shift.</summary>
    /// <param name="latents">z. Shape [B, L, h, w].</param>
    /// <param name="probe">Told intermediate results, without tiling.</param>
    /// <returns>Shape [B, C, H, W]; not clamped.</returns>
    public Tensor Decode(Tensor latents, Probe? probe = null)
    {
        return Tiling is null ? Whole(latents) : Tiling.Decode(latents, Whole);

        Tensor Whole(Tensor z)
        {
            using var scope = NewDisposeScope();
            return decoder.Forward(postQuant?.Forward(z) ?? z, probe.Under("dec")).MoveToOuterDisposeScope();
        }
    }

    /// <summary>(z − shift)·scaling: the latents that a flow works on.</summary>
    public Tensor Scaled(Tensor z)
    {
        using var scope = NewDisposeScope();
        return z.sub(Scalars.Of(Config.Shift)).mul(Scalars.Of(Config.Scaling)).MoveToOuterDisposeScope();
    }

    /// <summary>x / scaling + shift: the latents that the decoder works on.</summary>
    public Tensor Unscaled(Tensor x)
    {
        using var scope = NewDisposeScope();
        return x.div(Scalars.Of(Config.Scaling)).add(Scalars.Of(Config.Shift)).MoveToOuterDisposeScope();
    }

    /// <summary>Pictures to the latents of a flow: scaled means, or scaled samples where noise is given.</summary>
    /// <param name="images">In [−1, 1], any float type and place. Shape [B, C, H, W].</param>
    /// <param name="noise">Standard normal, [B, L, h, w]; null takes the mean.</param>
    /// <returns>In the type of the pictures, where the network is. Shape [B, L, h, w].</returns>
    public Tensor ImageToLatents(Tensor images, Tensor? noise = null)
    {
        using var scope = NewDisposeScope();
        var gaussian = LatentGaussian.Of(Encode(images.to(Place.dtype, Place.device)).to(images.dtype));
        return Scaled(noise is null ? gaussian.Mean : gaussian.Sample(noise.to(images.dtype, Place.device))).MoveToOuterDisposeScope();
    }

    /// <summary>Latents of a flow to pictures. The network computes in its own type.</summary>
    /// <param name="latents">Any float type and place. Shape [B, L, h, w].</param>
    /// <returns>About [−1, 1], in the type of the latents, where the network is. Shape [B, C, H, W].</returns>
    public Tensor LatentsToImage(Tensor latents)
    {
        using var scope = NewDisposeScope();
        return Decode(Unscaled(latents).to(Place.dtype, Place.device)).to(latents.dtype).MoveToOuterDisposeScope();
    }
}
