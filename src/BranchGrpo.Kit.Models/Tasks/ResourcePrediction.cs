using System.Collections.Immutable;

namespace BranchGrpo.Kit.Models.Tasks;

/// <summary>What one iteration is predicted to need.</summary>
public sealed record ResourcePrediction
{
    /// <summary>What is in memory all the time.</summary>
    public required ImmutableArray<MemoryPart> Resident { get; init; }

    /// <summary>Bytes in use besides, at the height of the rollout.</summary>
    public required double Sampling { get; init; }

    /// <summary>Bytes in use besides, at the height of decoding.</summary>
    public required double Scoring { get; init; }

    /// <summary>Bytes in use besides, at the height of a backward pass.</summary>
    public required double Training { get; init; }

    /// <summary>Floating-point operations of the rollout.</summary>
    public required double SamplingOperations { get; init; }

    /// <summary>Floating-point operations of decoding.</summary>
    public required double ScoringOperations { get; init; }

    /// <summary>Floating-point operations of the updates.</summary>
    public required double TrainingOperations { get; init; }

    /// <summary>The card that is assumed.</summary>
    public required Card Card { get; init; }

    /// <summary>Seconds per iteration that the paper prints for the method: 16 H200 with 2 prompts each, 720 x 720 pixels, all weights
    /// trained, one latent at a time; null where it prints none.</summary>
    public double? PaperSeconds { get; init; }

    /// <summary>Bytes at the height of an iteration.</summary>
    public double Peak => (Resident.Sum(p => p.Bytes) + Math.Max(Sampling, Math.Max(Scoring, Training))) * (1 + MemoryModel.Fragmentation);

    /// <summary>Whether the peak stays below the card's memory; true where no card is assumed.</summary>
    public bool Fits => Card.Bytes == 0 || Peak <= Card.Bytes;

    /// <summary>Seconds of an iteration on the card, at <see cref="MemoryModel.AssumedUtilisation"/> of its peak rate; null without a card.</summary>
    public double? Seconds => Card.Peak == 0 ? null
        : (SamplingOperations + ScoringOperations + TrainingOperations) / (Card.Peak * MemoryModel.AssumedUtilisation);
}

/// <summary>Something that takes memory.</summary>
/// <param name="Name">In words.</param>
/// <param name="Bytes">On the device.</param>
public sealed record MemoryPart(string Name, double Bytes);
