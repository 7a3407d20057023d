using System.Collections.Immutable;
using BranchGrpo.Kit.Models.Files;

namespace BranchGrpo.Kit.Models.Vae;

/// <summary>Sizes of an <see cref="Autoencoder"/>: the config.json of an AutoencoderKL. Absent keys have that class's defaults.</summary>
internal sealed record AutoencoderConfig
{
    /// <summary>Channels of a picture.</summary>
    public long Inputs { get; init; } = 3;

    /// <summary>Channels of a decoded picture.</summary>
    public long Outputs { get; init; } = 3;

    /// <summary>Channels of a latent, L; 16 for FLUX and SD3.</summary>
    public long Latents { get; init; } = 4;

    /// <summary>Channels of each level, finest first; each level but the last halves height and width.</summary>
    public ImmutableArray<long> Channels { get; init; } = [64];

    /// <summary>Residual blocks of a level of the encoder; the decoder has one more.</summary>
    public long BlocksPerLevel { get; init; } = 1;

    /// <summary>Groups of every normalisation.</summary>
    public long Groups { get; init; } = 32;

    /// <summary>Attention between the two residual blocks of the coarsest level.</summary>
    public bool MiddleAttention { get; init; } = true;

    /// <summary>A 1×1 convolution after the encoder.</summary>
    public bool QuantConvolution { get; init; } = true;

    /// <summary>A 1×1 convolution before the decoder.</summary>
    public bool PostQuantConvolution { get; init; } = true;

    /// <summary>Height and width of a picture that is coded in one piece when tiling, pixels.</summary>
    public long SampleSize { get; init; } = 32;

    /// <summary>Latents of the flow are (z − shift)·scaling.</summary>
    public double Scaling { get; init; } = 0.18215;

    /// <summary>Latents of the flow are (z − shift)·scaling.</summary>
    public double Shift { get; init; }

    /// <summary>Pixels of a picture along one side of a latent pixel.</summary>
    public long Downscale => 1L << (Channels.Length - 1);

    /// <summary>Reads a config.json.</summary>
    /// <exception cref="InvalidDataException">It asks for something that this network is not.</exception>
    public static AutoencoderConfig Read(string path)
    {
        var (file, published) = (ModelConfig.Read(path), new AutoencoderConfig());
        file.Expect("act_fn", "silu", "silu", "swish");
        foreach (var kind in file.Texts("down_block_types")) Known("down_block_types", kind, "DownEncoderBlock2D");
        foreach (var kind in file.Texts("up_block_types")) Known("up_block_types", kind, "UpDecoderBlock2D");
        var config = new AutoencoderConfig
        {
            Inputs = file.Long("in_channels", published.Inputs),
            Outputs = file.Long("out_channels", published.Outputs),
            Latents = file.Long("latent_channels", published.Latents),
            Channels = [.. file.Longs("block_out_channels", [.. published.Channels])],
            BlocksPerLevel = file.Long("layers_per_block", published.BlocksPerLevel),
            Groups = file.Long("norm_num_groups", published.Groups),
            MiddleAttention = file.Flag("mid_block_add_attention", published.MiddleAttention),
            QuantConvolution = file.Flag("use_quant_conv", published.QuantConvolution),
            PostQuantConvolution = file.Flag("use_post_quant_conv", published.PostQuantConvolution),
            SampleSize = file.Longs("sample_size", published.SampleSize)[0],
            Scaling = file.Double("scaling_factor", published.Scaling),
            Shift = file.Double("shift_factor", published.Shift),
        };
        if (config.Channels.IsEmpty || config.Channels.Any(c => c < 1 || c % config.Groups != 0))
            throw file.Refused("block_out_channels", $"multiples of norm_num_groups, {config.Groups}", string.Join(", ", config.Channels));
        return config;

        void Known(string key, string kind, string expected)
        {
            if (kind != expected) throw file.Refused(key, expected, kind);
        }
    }

    /// <summary>Equal in every size.</summary>
    public bool Equals(AutoencoderConfig? other) => other is not null && Channels.SequenceEqual(other.Channels) && Sizes == other.Sizes;

    /// <inheritdoc/>
    public override int GetHashCode() => Sizes.GetHashCode();

    private (long, long, long, long, long, bool, bool, bool, long, double, double) Sizes =>
        (Inputs, Outputs, Latents, BlocksPerLevel, Groups, MiddleAttention, QuantConvolution, PostQuantConvolution, SampleSize, Scaling, Shift);
}
