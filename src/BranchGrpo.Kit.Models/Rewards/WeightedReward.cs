using System.Collections.Immutable;
using System.Globalization;
using BranchGrpo.Kit.Models.Images;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>One of several rewards.</summary>
/// <param name="Reward">Scores pictures.</param>
/// <param name="Weight">Finite and not 0; negative to hold a reward down.</param>
public sealed record RewardPart(ImageReward Reward, double Weight)
{
    /// <summary>w.</summary>
    public double Weight { get; init => field = Weighty(value); } = Weighty(Weight);

    private static double Weighty(double value) => double.IsFinite(value) && value != 0 ? value
        : throw new ArgumentOutOfRangeException(nameof(Weight), value, "must be finite and not 0");
}

/// <summary>Several rewards as one. With <see cref="RewardMixing.Advantages"/> all pictures of a prompt must come together, as
/// <see cref="TreeRollout.Score"/> gives them.</summary>
public sealed class WeightedReward : ImageReward
{
    /// <summary>Mixes rewards.</summary>
    /// <param name="parts">At least one, with names that differ; owned.</param>
    /// <param name="mixing">Where they become one.</param>
    public WeightedReward(IReadOnlyList<RewardPart> parts, RewardMixing mixing = RewardMixing.Scores) : base(Title(parts), Sources(parts), Units(mixing)) =>
        (Parts, Mixing) = ([.. parts], mixing);

    /// <summary>The rewards.</summary>
    public ImmutableArray<RewardPart> Parts { get; }

    /// <summary>Where they become one.</summary>
    public RewardMixing Mixing { get; }

    /// <summary>Raw scores of each reward.</summary>
    /// <returns>One row per part.</returns>
    public double[][] ScoreEach(IReadOnlyList<Picture> images, IReadOnlyList<string> prompts) => [.. Parts.Select(p => p.Reward.Score(images, prompts))];

    /// <summary>The mixture of scores that are known.</summary>
    /// <param name="scores">As <see cref="ScoreEach"/> gives them.</param>
    /// <param name="prompts">The prompt of each picture.</param>
    public double[] Mix(IReadOnlyList<double[]> scores, IReadOnlyList<string> prompts)
    {
        double[] weights = [.. Parts.Select(p => p.Weight)];
        return Mixing == RewardMixing.Scores ? RewardMixture.OfScores(weights, scores) : RewardMixture.OfAdvantages(weights, scores, prompts);
    }

    /// <inheritdoc/>
    protected override double[] ScoreAll(IReadOnlyList<Picture> images, IReadOnlyList<string> prompts) => Mix(ScoreEach(images, prompts), prompts);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (var part in Parts) part.Reward.Dispose();
    }

    private static string Title(IReadOnlyList<RewardPart> parts)
    {
        if (parts.Count == 0) throw new ArgumentException("a mixture needs at least one reward", nameof(parts));
        if (parts.GroupBy(p => p.Reward.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"{twice.Key} comes twice; give it once with the sum of the weights", nameof(parts));
        return string.Join(" + ", parts.Select(p => p.Weight == 1 ? p.Reward.Name : $"{p.Weight.ToString(CultureInfo.InvariantCulture)} {p.Reward.Name}"));
    }

    private static string Sources(IReadOnlyList<RewardPart> parts) => string.Join("\n", parts.Select(p => p.Reward.Source));

    private static RewardScale Units(RewardMixing mixing) => mixing == RewardMixing.Scores
        ? new("weighted sum of raw scores", "the same")
        : new("weighted sum of scores standardised over the pictures of a prompt, around the weighted sum of their means", "the same");
}
