using BranchGrpo.Kit.Models.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>How a policy computes and what of it is trained.</summary>
public sealed record PolicyOptions
{
    /// <summary>Width of the pictures, pixels. A multiple of 16.</summary>
    public int Width { get; init => field = Multiple(value, nameof(Width)); } = 720;

    /// <summary>Height of the pictures, pixels. A multiple of 16.</summary>
    public int Height { get; init => field = Multiple(value, nameof(Height)); } = 720;

    /// <summary>What training may change.</summary>
    public FineTuning Tuning { get; init; } = FineTuning.Adapters.OfAttention(128);

    /// <summary>Guidance scale; the family's own if null: 3.5 embedded in FLUX, 4.5 classifier-free in SD3.5.</summary>
    public double? Guidance
    {
        get;
        init => field = value is null or (>= 0 and < double.PositiveInfinity) ? value
            : throw new ArgumentOutOfRangeException(nameof(Guidance), value, "must be finite and not negative, or null");
    }

    /// <summary>Type in which the network computes. Latents, the SDE arithmetic and log-probabilities are float32 whatever this is, and so are
    /// weights that are trained.</summary>
    public ScalarType Dtype { get; init; } = ScalarType.BFloat16;

    /// <summary>Where the network is.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>Recompute each block in the backward pass instead of keeping its activations.</summary>
    public bool Checkpointing { get; init; } = true;

    /// <summary>Tokens of the T5 encoder: 512 for FLUX.1-dev, 256 for SD3.5 if null.</summary>
    public int? TextTokens
    {
        get;
        init => field = value is null or > 0 ? value : throw new ArgumentOutOfRangeException(nameof(TextTokens), value, "must be positive, or null");
    }

    /// <summary>Seed of the adapters' first weights.</summary>
    public ulong Seed { get; init; }

    /// <summary>The encoders' weights, and the transformer's where they are frozen: in the type that they compute in.</summary>
    internal WeightFormat Format => new(Dtype, Device);

    /// <summary>The transformer's weights: float32 where they are trained.</summary>
    internal WeightFormat TransformerFormat => Tuning is FineTuning.Full && Dtype is ScalarType.BFloat16 or ScalarType.Float16
        ? new(ScalarType.Float32, Device) { Compute = Dtype }
        : Format;

    private static int Multiple(int value, string name) => value > 0 && value % 16 == 0 ? value
        : throw new ArgumentOutOfRangeException(name, value, "must be a positive multiple of 16: 8 pixels per latent, 2 latents per token");
}
