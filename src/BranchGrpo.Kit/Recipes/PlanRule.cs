namespace BranchGrpo.Kit;

/// <summary>Maps an iteration to a <see cref="RolloutPlan"/>: a value made from (rule, seed, iteration) alone.</summary>
public sealed record PlanRule
{
    /// <summary>Noise levels before the tail is made coarse.</summary>
    public required NoiseSchedule Schedule { get; init; }

    /// <summary>Rule of the stochastic steps.</summary>
    public Dynamics Dynamics { get; init; } = new Dynamics.DanceSde(1);

    /// <summary>Steps that split; they are always stochastic.</summary>
    public SplitRule Splits { get; init; } = new SplitRule.None();

    /// <summary>Steps that are stochastic besides.</summary>
    public StochasticRule Stochastic { get; init; } = new StochasticRule.All();

    /// <summary>After the last stochastic step only every n-th noise level is visited; 1 visits all.</summary>
    public int TailStride { get; init => field = Require.AtLeast(value, 1); } = 1;

    /// <summary>Roots of each prompt.</summary>
    public RootPlan Roots { get; init; } = new();

    /// <summary>Law of the noise at splits.</summary>
    public BranchNoise Noise { get; init; } = new BranchNoise.Correlated();

    /// <summary>What the reward sees.</summary>
    public ScoredLatent Scored { get; init; } = ScoredLatent.CleanPrediction;

    /// <summary>The plan of an iteration.</summary>
    /// <param name="iteration">Counted from 1.</param>
    /// <param name="seed">Seed of the run, for splits drawn at random.</param>
    /// <exception cref="ArgumentException">The parts contradict each other.</exception>
    public RolloutPlan At(int iteration, ulong seed)
    {
        Require.AtLeast(iteration, 1);
        var stochastic = Stochastic.Steps(Schedule.Steps, iteration);
        var branches = Splits.Branches(stochastic, iteration, seed);
        for (var i = 0; i < branches.Length; i++) stochastic[i] |= branches[i] > 1;
        var schedule = Schedule.WithCoarseTail(Array.LastIndexOf(stochastic, true) + 1, TailStride);
        return new(schedule, Enumerable.Range(0, schedule.Steps).Select(i => new PlanStep(stochastic[i], branches[i])), Dynamics, Roots, Noise, Scored);
    }
}
