using System.Collections.Immutable;
using BranchGrpo.Kit.Models.Files;

namespace BranchGrpo.Kit.Models.Sd3;

/// <summary>Sizes of an <see cref="Sd3Transformer"/>: the config.json of an SD3Transformer2DModel. Absent keys have that class's defaults.</summary>
internal sealed record Sd3Config
{
    /// <summary>Height and width of the latents that the position table is made for.</summary>
    public long SampleSize { get; init; } = 128;

    /// <summary>Side of a patch, latent pixels.</summary>
    public long Patch { get; init; } = 2;

    /// <summary>Channels of the latents.</summary>
    public long Inputs { get; init; } = 16;

    /// <summary>Channels of the velocity.</summary>
    public long Outputs { get; init; } = 16;

    /// <summary>Blocks.</summary>
    public int Layers { get; init; } = 18;

    /// <summary>Blocks whose pictures also attend to themselves alone; SD3.5-M's first 13.</summary>
    public ImmutableArray<long> DualLayers { get; init; } = [];

    /// <summary>Attention heads.</summary>
    public long Heads { get; init; } = 18;

    /// <summary>Width of a head.</summary>
    public long HeadWidth { get; init; } = 64;

    /// <summary>Width of the text tokens.</summary>
    public long TextWidth { get; init; } = 4096;

    /// <summary>Width of the pooled text.</summary>
    public long PooledWidth { get; init; } = 2048;

    /// <summary>Rows and columns of the position table.</summary>
    public long Positions { get; init; } = 96;

    /// <summary>Queries and keys are normalised in every head.</summary>
    public bool NormalisedHeads { get; init; }

    /// <summary>Width of a token inside the network, D.</summary>
    public long Width => Heads * HeadWidth;

    /// <summary>Reads a config.json.</summary>
    /// <exception cref="InvalidDataException">It asks for something that this network is not.</exception>
    public static Sd3Config Read(string path)
    {
        var (file, published) = (ModelConfig.Read(path), new Sd3Config());
        file.Expect("_class_name", "SD3Transformer2DModel", "SD3Transformer2DModel");
        file.Expect("qk_norm", "rms_norm", "rms_norm");
        var inputs = file.Long("in_channels", published.Inputs);
        var config = new Sd3Config
        {
            SampleSize = file.Long("sample_size", published.SampleSize),
            Patch = file.Long("patch_size", published.Patch),
            Inputs = inputs,
            Outputs = file.Long("out_channels", inputs),
            Layers = file.Int("num_layers", published.Layers),
            DualLayers = [.. file.Longs("dual_attention_layers")],
            Heads = file.Long("num_attention_heads", published.Heads),
            HeadWidth = file.Long("attention_head_dim", published.HeadWidth),
            TextWidth = file.Long("joint_attention_dim", published.TextWidth),
            PooledWidth = file.Long("pooled_projection_dim", published.PooledWidth),
            Positions = file.Long("pos_embed_max_size", published.Positions),
            NormalisedHeads = file.Has("qk_norm"),
        };
        var projected = file.Long("caption_projection_dim", config.Width);
        if (projected != config.Width) throw file.Refused("caption_projection_dim", $"heads · head width, {config.Width}", projected);
        if (config.Layers < 1) throw file.Refused("num_layers", "at least 1", config.Layers);
        return config;
    }

    /// <summary>Equal in every size.</summary>
    public bool Equals(Sd3Config? other) => other is not null && DualLayers.SequenceEqual(other.DualLayers) && Sizes == other.Sizes;

    /// <inheritdoc/>
    public override int GetHashCode() => Sizes.GetHashCode();

    private (long, long, long, long, int, long, long, long, long, long, bool) Sizes =>
        (SampleSize, Patch, Inputs, Outputs, Layers, Heads, HeadWidth, TextWidth, PooledWidth, Positions, NormalisedHeads);
}
