using System.Collections.Immutable;
using System.Text.Json;
using BranchGrpo.Kit.Models.Files;

namespace BranchGrpo.Kit.Models.Flux;

/// <summary>Sizes of a FLUX transformer, as its published <c>config.json</c> gives them. The defaults are FLUX.1-dev's, except for
/// <see cref="GuidanceEmbeds"/>.</summary>
public sealed record FluxConfig
{
    /// <summary>Width of a packed token: 4 times the channels of the latents.</summary>
    public long InChannels { get; init => field = Positive(value, "in_channels"); } = 64;

    /// <summary>Width of an output token; that of the input if the file says nothing or null.</summary>
    public long OutChannels { get => field == 0 ? InChannels : field; init => field = Positive(value, "out_channels"); }

    /// <summary>Blocks with a stream of their own for text and image.</summary>
    public int Layers { get; init => field = (int)NotNegative(value, "num_layers"); } = 19;

    /// <summary>Blocks over text and image in one sequence.</summary>
    public int SingleLayers { get; init => field = (int)NotNegative(value, "num_single_layers"); } = 38;

    /// <summary>Attention heads.</summary>
    public long Heads { get; init => field = Positive(value, "num_attention_heads"); } = 24;

    /// <summary>Width of a head, the sum of <see cref="RotaryAxes"/>.</summary>
    public long HeadWidth { get; init => field = Positive(value, "attention_head_dim"); } = 128;

    /// <summary>Width of the text encoder's hidden states.</summary>
    public long TextWidth { get; init => field = Positive(value, "joint_attention_dim"); } = 4096;

    /// <summary>Width of the pooled text.</summary>
    public long PooledWidth { get; init => field = Positive(value, "pooled_projection_dim"); } = 768;

    /// <summary>Whether the guidance scale is embedded (dev) or not (schnell).</summary>
    public bool GuidanceEmbeds { get; init; }

    /// <summary>Channels of a head that turn with each position axis, all even.</summary>
    public ImmutableArray<long> RotaryAxes { get; init; } = [16, 56, 56];

    /// <summary>Width of a token inside the network.</summary>
    public long Width => Heads * HeadWidth;

    /// <summary>Reads a published configuration; keys of older files may be absent.</summary>
    /// <exception cref="InvalidDataException">Not a FLUX transformer, or sizes that do not fit each other.</exception>
    public static FluxConfig Read(string path)
    {
        var json = ModelConfig.Read(path);
        json.Expect("_class_name", "FluxTransformer2DModel", "FluxTransformer2DModel");
        if (json.Long("patch_size", 1) is var patch and not 1)
            throw new InvalidDataException($"{path}: patch_size {patch}; FLUX packs 2 x 2 patches before the network, expected 1.");
        var standard = new FluxConfig();
        try
        {
            var config = standard with
            {
                InChannels = json.Long("in_channels", standard.InChannels),
                Layers = json.Int("num_layers", standard.Layers),
                SingleLayers = json.Int("num_single_layers", standard.SingleLayers),
                Heads = json.Long("num_attention_heads", standard.Heads),
                HeadWidth = json.Long("attention_head_dim", standard.HeadWidth),
                TextWidth = json.Long("joint_attention_dim", standard.TextWidth),
                PooledWidth = json.Long("pooled_projection_dim", standard.PooledWidth),
                GuidanceEmbeds = json.Flag("guidance_embeds", false),
                RotaryAxes = [.. json.Longs("axes_dims_rope", [.. standard.RotaryAxes])],
            };
            return (json.Has("out_channels") ? config with { OutChannels = json.Long("out_channels") } : config).Checked();
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Writes the configuration in the published form.</summary>
    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(
        new SortedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["_class_name"] = "FluxTransformer2DModel", ["attention_head_dim"] = HeadWidth, ["axes_dims_rope"] = RotaryAxes,
            ["guidance_embeds"] = GuidanceEmbeds,
            ["in_channels"] = InChannels, ["joint_attention_dim"] = TextWidth, ["num_attention_heads"] = Heads, ["num_layers"] = Layers,
            ["num_single_layers"] = SingleLayers, ["out_channels"] = OutChannels == InChannels ? null : OutChannels, ["patch_size"] = 1,
            ["pooled_projection_dim"] = PooledWidth,
        },
        Indented) + "\n");

    /// <summary>This configuration, whose parts fit each other.</summary>
    /// <exception cref="ArgumentException">The rotary axes do not fill a head.</exception>
    internal FluxConfig Checked() => RotaryAxes.Sum() == HeadWidth && RotaryAxes.All(a => a > 0 && a % 2 == 0)
        ? this
        : throw new ArgumentException($"axes_dims_rope ({string.Join(", ", RotaryAxes)}): expected even numbers whose sum is attention_head_dim, {HeadWidth}.");

    /// <summary>Equal in every size.</summary>
    public bool Equals(FluxConfig? other) => other is not null && RotaryAxes.AsSpan().SequenceEqual(other.RotaryAxes.AsSpan()) && Sizes == other.Sizes;

    /// <summary>Agrees with <see cref="Equals(FluxConfig)"/>.</summary>
    public override int GetHashCode() => Sizes.GetHashCode();

    private static JsonSerializerOptions Indented { get; } = new() { WriteIndented = true };

    private (long, long, int, int, long, long, long, long, bool) Sizes =>
        (InChannels, OutChannels, Layers, SingleLayers, Heads, HeadWidth, TextWidth, PooledWidth, GuidanceEmbeds);

    private static long Positive(long value, string name) => value > 0 ? value : throw new ArgumentOutOfRangeException(name, value,
        "expected a positive number");

    private static long NotNegative(long value, string name) => value >= 0 ? value : throw new ArgumentOutOfRangeException(name, value, "expected 0 or more");
}
