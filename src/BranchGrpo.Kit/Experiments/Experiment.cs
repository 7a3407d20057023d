namespace BranchGrpo.Kit;

/// <summary>One run as a value: what is trained, by which recipe, from which seed, and for how long.</summary>
/// <remarks>Stops at <see cref="Iterations"/> or at <see cref="Seconds"/>, whichever comes first.</remarks>
public sealed record Experiment
{
    /// <summary>The task; every run of it starts from the same base policy.</summary>
    public required ExperimentTask Task { get; init; }

    /// <summary>The method.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>Seed of the prompts drawn and of all noise.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Largest number of iterations. At least 1.</summary>
    public int Iterations { get; init => field = Require.AtLeast(value, 1); } = 60;

    /// <summary>Training seconds after which no iteration is begun; null = no limit. Evaluation and saving do not count.</summary>
    public double? Seconds { get; init => field = value is null ? null : Require.Positive(value.Value); }

    /// <summary>Latents per policy call. At least 1; changes neither the law nor the draws, only how sums are rounded.</summary>
    public int MicroBatch { get; init => field = Require.AtLeast(value, 1); } = 64;

    /// <inheritdoc cref="GrpoTraining.ForwardMemory"/>
    /// <remarks>Changes how long an iteration takes and nothing else: the record is the same to the bit.</remarks>
    public long ForwardMemory { get; init; }

    /// <summary>How training seconds are measured.</summary>
    public TrainingClock Clock { get; init; } = TrainingClock.Wall;

    /// <summary>The policy is judged before the first iteration, after every so many, and at the end. At least 1.</summary>
    public int EvaluateEvery { get; init => field = Require.AtLeast(value, 1); } = 10;

    /// <summary>The state is saved after every so many iterations, and at the end. At least 1.</summary>
    public int SaveEvery { get; init => field = Require.AtLeast(value, 1); } = 10;

    /// <summary>Prompts of one iteration: distinct, a function of (seed, iteration) alone, so recipes with equal counts see equal prompts.</summary>
    /// <param name="iteration">Zero-based: the number of iterations already done.</param>
    /// <returns>As many as the recipe asks for; for two recipes the shorter list is the beginning of the longer.</returns>
    /// <exception cref="ArgumentException">The task has fewer training prompts than the recipe needs.</exception>
    public IReadOnlyList<string> PromptsOf(int iteration)
    {
        var pool = Task.TrainingPrompts.ToArray();
        var count = Recipe.Prompts;
        if (count > pool.Length)
            throw new ArgumentException($"recipe '{Recipe.Name}' needs {count} prompts per iteration, task '{Task.Name}' has {pool.Length}");
        var state = SeededNoise.Mix(Seed ^ SeededNoise.Mix((ulong)iteration + 1));
        for (var i = 0; i < count; i++)
        {
            state += SeededNoise.Golden;
            var pick = i + (int)(SeededNoise.Mix(state) % (ulong)(pool.Length - i));      // bias below 2⁻⁵⁰ for any list of prompts
            (pool[i], pool[pick]) = (pool[pick], pool[i]);
        }
        return pool[..count];
    }

    /// <summary>True when a run that has come so far has used its budget.</summary>
    internal bool IsDone(int iteration, double seconds) => iteration >= Iterations || (Seconds is { } limit && seconds >= limit);
}
