using System.Collections.Immutable;

namespace BranchGrpo.Kit;

/// <summary>One denoising step of a plan.</summary>
/// <param name="IsStochastic">SDE (noise is drawn, the edge has a density) or ODE.</param>
/// <param name="Branches">Children of each node, K ≥ 1; more than one needs a stochastic step.</param>
public readonly record struct PlanStep(bool IsStochastic, int Branches = 1);

/// <summary>Initial noise of the roots of one prompt.</summary>
public enum InitialNoise
{
    /// <summary>All roots of a prompt start from the same noise.</summary>
    Shared,

    /// <summary>Each root draws its own.</summary>
    Own,
}

/// <summary>What the reward sees.</summary>
public enum ScoredLatent
{
    /// <summary>The latent of the leaf itself: the last step's noise is visible to the reward and is trained.</summary>
    Final,

    /// <summary>The clean prediction x₀ = x − σv of the last step (published code): the noise of the last step never reaches the picture,
    /// so the last step carries no signal and is not trained, and siblings split at the last step score the same.</summary>
    CleanPrediction,
}

/// <summary>How the forest of one iteration grows: noise levels, and per step the branch factor and SDE or ODE. Cannot be invalid.</summary>
public sealed class RolloutPlan : IEquatable<RolloutPlan>
{
    /// <summary>A plan; all its parts are checked against each other.</summary>
    /// <param name="schedule">Noise levels σ₀ … σ_T.</param>
    /// <param name="steps">One entry per step, T in all.</param>
    /// <param name="dynamics">Rule of the stochastic steps.</param>
    /// <param name="roots">Roots per prompt and their noise; one root by default.</param>
    /// <param name="noise">Law of the noise at splits; <see cref="BranchNoise.Correlated"/> with s = 4 by default.</param>
    /// <param name="scored">What the reward sees.</param>
    /// <exception cref="ArgumentException">The parts contradict each other; the message says which and how to mend it.</exception>
    public RolloutPlan(NoiseSchedule schedule, IEnumerable<PlanStep> steps, Dynamics dynamics, RootPlan? roots = null, BranchNoise? noise = null,
        ScoredLatent scored = ScoredLatent.Final)
    {
        (Schedule, Steps, Dynamics, Roots, Noise, Scored) =
            (schedule, [.. steps], dynamics, roots ?? new(), noise ?? new BranchNoise.Correlated(), scored);
        if (Steps.Length != schedule.Steps)
            throw new ArgumentException($"The schedule has {schedule.Steps} steps, but {Steps.Length} are planned; give one entry per step.", nameof(steps));
        long leaves = Roots.PerPrompt;
        for (var i = 0; i < Steps.Length; i++)
        {
            var (stochastic, branches) = Steps[i];
            if (branches < 1) throw new ArgumentException($"Step {i} has {branches} branches; a node needs at least one child.", nameof(steps));
            if (branches > 1 && !stochastic)
                throw new ArgumentException($"Step {i} splits {branches} ways but is an ODE step, so "
                    + "its children would be equal; make it stochastic.", nameof(steps));
            if (branches % 2 == 1 && branches > 1 && Noise is BranchNoise.Mirrored)
                throw new ArgumentException($"Mirrored noise pairs siblings, but step {i} splits {branches} ways; use an even branch factor.", nameof(steps));
            if (stochastic && !(dynamics.Stochastic(schedule, i).Std > 0))
                throw new ArgumentException($"Step {i} is stochastic, but {dynamics} has no noise between "
                    + $"σ = {schedule[i]} and {schedule[i + 1]}; make it an ODE step.",
                    nameof(steps));
            leaves = Math.Min(leaves * branches, int.MaxValue);
        }
        if (leaves > MaximumLeaves)
            throw new ArgumentException($"The plan grows more than {MaximumLeaves} leaves per prompt; use fewer or narrower splits.", nameof(steps));
        if (Roots is { PerPrompt: > 1, Noise: InitialNoise.Shared } && !Steps.Any(s => s.IsStochastic))
            throw new ArgumentException("Roots that share their noise need a stochastic step, or all their leaves are equal.", nameof(roots));
        LeavesPerPrompt = (int)leaves;
    }

    /// <summary>Most leaves that one prompt may have.</summary>
    public const int MaximumLeaves = 1 << 16;

    /// <summary>Noise levels.</summary>
    public NoiseSchedule Schedule { get; }

    /// <summary>One entry per step.</summary>
    public ImmutableArray<PlanStep> Steps { get; }

    /// <summary>Rule of the stochastic steps.</summary>
    public Dynamics Dynamics { get; }

    /// <summary>Roots of each prompt.</summary>
    public RootPlan Roots { get; }

    /// <summary>Law of the noise at splits.</summary>
    public BranchNoise Noise { get; }

    /// <summary>What the reward sees.</summary>
    public ScoredLatent Scored { get; }

    /// <summary>Leaves of each prompt's forest.</summary>
    public int LeavesPerPrompt { get; }

    /// <summary>Number of steps T; depths run from 0 (roots) to T (leaves).</summary>
    public int Depth => Steps.Length;

    /// <summary>Last step that splits, or −1 where none does.</summary>
    public int LastSplit => Steps.ToList().FindLastIndex(s => s.Branches > 1);

    /// <summary>Nodes of one prompt at a depth.</summary>
    public int NodesAt(int depth) => Steps.Take(depth).Aggregate(Roots.PerPrompt, (n, step) => n * step.Branches);

    /// <summary>The step's three numbers: SDE or ODE as planned.</summary>
    public StepCoefficients Coefficients(int step) =>
        Steps[step].IsStochastic ? Dynamics.Stochastic(Schedule, step) : Dynamics.Ode(Schedule, step);

    /// <summary>Whether noise drawn at a step reaches what the reward sees, so that its edges can be trained.</summary>
    public bool IsTrainable(int step) => Steps[step].IsStochastic && !(Scored == ScoredLatent.CleanPrediction && step == Depth - 1);

    /// <inheritdoc/>
    public bool Equals(RolloutPlan? other) => other is not null && Schedule.Equals(other.Schedule) && Steps.SequenceEqual(other.Steps)
        && Dynamics == other.Dynamics && Roots == other.Roots && Noise == other.Noise && Scored == other.Scored;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RolloutPlan);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Schedule, Steps.Length, Dynamics, Roots, Noise, Scored, LeavesPerPrompt);

    /// <summary>E.g. "T=20, splits 0×2 3×2 6×2 9×2, SDE 20/20, 16 leaves".</summary>
    public override string ToString() =>
        $"T={Depth}, {(LastSplit < 0 ? "no splits" : "splits ")}"
        + $"{string.Join(' ', Steps.Index().Where(s => s.Item.Branches > 1).Select(s => $"{s.Index}×{s.Item.Branches}"))}, "
        + $"SDE {Steps.Count(s => s.IsStochastic)}/{Depth}, {LeavesPerPrompt} leaves";
}

/// <summary>Roots of each prompt's forest.</summary>
/// <param name="PerPrompt">At least 1.</param>
/// <param name="Noise">Shared or own initial noise.</param>
public sealed record RootPlan(int PerPrompt = 1, InitialNoise Noise = InitialNoise.Shared)
{
    /// <summary>Roots per prompt.</summary>
    public int PerPrompt { get; init => field = Require.AtLeast(value, 1); } = Require.AtLeast(PerPrompt, 1);
}
