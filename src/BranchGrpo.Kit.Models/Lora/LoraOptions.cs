using System.Collections.Immutable;

namespace BranchGrpo.Kit.Models.Lora;

/// <summary>Which linear layers get a low-rank adapter, and of which size.</summary>
public sealed record LoraOptions
{
    /// <summary>All attention projections of FLUX and of Stable Diffusion 3.</summary>
    public static ImmutableArray<string> Attention { get; } =
        ["to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out"];

    /// <summary>Attention and feed-forward layers of FLUX. <c>proj_out</c> names the projections of the single blocks, and that of the whole network
    /// as well.</summary>
    public static ImmutableArray<string> FluxAttentionAndFeedForward { get; } =
        [.. Attention, "ff.net.0.proj", "ff.net.2", "ff_context.net.0.proj", "ff_context.net.2", "proj_mlp", "proj_out"];

    /// <summary>Rank r.</summary>
    public int Rank { get; init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(Rank), value, "must be positive"); } = 64;

    /// <summary>α; the update of a weight is α/r·B·A.</summary>
    public double Alpha
    {
        get;
        init => field = double.IsFinite(value) && value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(Alpha), value, "must be positive");
    } = 64;

    /// <summary>Names of linear layers: the whole name, or its end after a dot.</summary>
    public ImmutableArray<string> Targets
    {
        get;
        init => field = value.IsDefaultOrEmpty ? throw new ArgumentException("name at least one layer", nameof(Targets)) : value;
    } = Attention;

    /// <summary>Whether a layer is meant by a target.</summary>
    internal static bool Matches(string layer, string target) => layer == target || layer.EndsWith($".{target}", StringComparison.Ordinal);

    /// <summary>Equal in size and targets.</summary>
    public bool Equals(LoraOptions? other) =>
        other is not null && Rank == other.Rank && Alpha == other.Alpha && Targets.AsSpan().SequenceEqual(other.Targets.AsSpan());

    /// <summary>Agrees with <see cref="Equals(LoraOptions)"/>.</summary>
    public override int GetHashCode() => HashCode.Combine(Rank, Alpha, Targets.Length);
}
