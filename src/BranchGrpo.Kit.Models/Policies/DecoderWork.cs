using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Vae;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>Sizes of an autoencoder and the work of decoding one picture, counted from the names and shapes of its weights.</summary>
public sealed record DecoderWork
{
    private readonly AutoencoderConfig config;
    private readonly long latents;

    /// <param name="config">Sizes.</param>
    /// <param name="width">Of a picture, pixels.</param>
    /// <param name="height">Of a picture, pixels.</param>
    internal DecoderWork(AutoencoderConfig config, int width, int height)
    {
        this.config = config;
        latents = width / config.Downscale * (height / config.Downscale);
        using var network = new Autoencoder(config, new WeightFormat(ScalarType.Float32, new Device(DeviceType.META)));
        foreach (var (name, parameter) in network.named_parameters())
        {
            Parameters += parameter.numel();
            if (parameter.dim() >= 2 && name.StartsWith("decoder", StringComparison.Ordinal)) Forward += 2.0 * parameter.numel() * PositionsOf(name);
        }
        if (config.MiddleAttention) Forward += 4.0 * latents * latents * config.Channels[^1];
    }

    /// <summary>Values of encoder and decoder.</summary>
    public long Parameters { get; }

    /// <summary>Floating-point operations of one picture.</summary>
    public double Forward { get; }

    /// <summary>Values of a latent.</summary>
    public long LatentValues => latents * config.Latents;

    /// <summary>Bytes that decoding needs at its height, where the last level begins: three copies of what comes in, two of what goes out.</summary>
    /// <param name="element">Bytes of a value.</param>
    /// <param name="tiled">Of one tile.</param>
    public double PeakBytes(int element, bool tiled)
    {
        var pixels = (double)latents * config.Downscale * config.Downscale;
        if (tiled) pixels = Math.Min(pixels, (double)config.SampleSize * config.SampleSize);
        return pixels * element * (3 * config.Channels[Math.Min(1, config.Channels.Length - 1)] + 2 * config.Channels[0]);
    }

    // Level i of the decoder has 4^i positions per latent; its upsampling convolution has four times as many.
    private double PositionsOf(string name)
    {
        var parts = name.Split('.');
        var level = parts[1] switch
        {
            "up_blocks" => int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture) + (parts[3] == "upsamplers" ? 1 : 0),
            "conv_norm_out" or "conv_out" => config.Channels.Length - 1,
            _ => 0,
        };
        return latents * Math.Pow(4, level);
    }
}
