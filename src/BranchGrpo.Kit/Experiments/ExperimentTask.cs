namespace BranchGrpo.Kit;

/// <summary>What is trained and how it is judged: a policy, prompts, the reward that training sees, and scores that it never sees.</summary>
/// <remarks>A task holds functions, not settings, so that a small embedded task and a real model are the same to the runner.</remarks>
public sealed record ExperimentTask
{
    /// <summary>Short name, written into run records.</summary>
    public required string Name { get; init; }

    /// <summary>Makes a fresh copy of the base policy that every run starts from. Called once per run; the runner disposes the copy.</summary>
    public required Func<FlowPolicy> CreatePolicy { get; init; }

    /// <summary>The prompts that training draws from. Held-out prompts are not among them.</summary>
    public required IReadOnlyList<string> TrainingPrompts { get; init; }

    /// <summary>The reward that training maximises.</summary>
    public required RewardModel Reward { get; init; }

    /// <summary>Judges a policy with fixed noise on fixed prompts, without gradient. Deterministic; leaves the policy as it was.</summary>
    public required Func<FlowPolicy, EvaluationScores> Evaluate { get; init; }
}
