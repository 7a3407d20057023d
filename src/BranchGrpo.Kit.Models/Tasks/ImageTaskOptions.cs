using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Rewards;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tasks;

/// <summary>What an <see cref="ImageTask"/> is made of.</summary>
public sealed record ImageTaskOptions
{
    /// <summary>Folder of a FLUX or SD3 pipeline in the diffusers layout.</summary>
    public required string Pipeline { get; init; }

    /// <summary>Sizes, and what is trained.</summary>
    public required ImagePreset Preset { get; init; }

    /// <summary>What training maximises: the weighted sum of these, see <see cref="Mixing"/>. At least one.</summary>
    public required IReadOnlyList<RewardSource> Rewards { get; init; }

    /// <summary>Where several rewards become one: at their raw scores, or standardised over the pictures of a prompt.</summary>
    public RewardMixing Mixing { get; init; } = RewardMixing.Scores;

    /// <summary>Rewards that training never sees; evaluation reports them.</summary>
    public IReadOnlyList<RewardSource> HeldOut { get; init; } = [];

    /// <summary>Prompts that training draws from; empty where nothing is trained. All of them are embedded before training begins.</summary>
    public required IReadOnlyList<string> TrainingPrompts { get; init; }

    /// <summary>Held-out prompts. None of them is a training prompt.</summary>
    public required IReadOnlyList<string> EvaluationPrompts { get; init; }

    /// <summary>Folder of embedded prompts; made if needed, and shared between runs.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>Where everything computes.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>Guidance scale; the family's own if null.</summary>
    public double? Guidance { get; init; }

    /// <summary>Told while prompts are embedded.</summary>
    public IProgress<PromptProgress>? Progress { get; init; }

    /// <summary>Stops the embedding of prompts; those that were embedded stay.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>How the policy computes and what of it is trained: the preset's sizes on this device.</summary>
    public PolicyOptions PolicyOptions => Preset.Policy with { Device = Device, Guidance = Guidance };
}
