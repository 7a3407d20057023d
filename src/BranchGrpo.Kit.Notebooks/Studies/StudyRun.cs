namespace BranchGrpo.Kit.Notebooks;

/// <summary>What a study keeps of a run.</summary>
/// <param name="Variant">Name of the variant.</param>
/// <param name="Seed">Seed of the run.</param>
/// <param name="Key">The variant's <see cref="Variant.Key"/>.</param>
/// <param name="Evaluations">The run's evaluations alone, in order; at least one.</param>
public sealed record StudyRun(string Variant, ulong Seed, string Key, RunRecord Evaluations)
{
    /// <summary>Iterations completed.</summary>
    public required int Iterations { get; init; }

    /// <summary>Training seconds used.</summary>
    public required double Seconds { get; init; }

    /// <summary>Training seconds of an iteration, <see cref="MethodRuns.SecondsPerIteration"/>.</summary>
    public required double SecondsPerIteration { get; init; }

    /// <summary>Policy evaluations per leaf in rollouts.</summary>
    public required double RolloutPerLeaf { get; init; }

    /// <summary>Policy evaluations with gradient per leaf.</summary>
    public required double TrainedPerLeaf { get; init; }

    /// <summary>Iterations or training seconds of the last evaluation: scores are known up to here.</summary>
    internal double Reach(Place place) => place switch
    {
        Place.EqualIterations => Evaluations.Evaluations[^1].Iteration,
        Place.EqualSeconds => Evaluations.Evaluations[^1].Seconds,
        _ => 0,
    };

    /// <summary>The score, interpolated linearly, after so many iterations or training seconds; the seconds of an iteration where these are compared.</summary>
    /// <returns>Null without such a score.</returns>
    internal double? At(Place place, double at, string score) => place switch
    {
        Place.EqualIterations => Evaluations.ScoreAtIteration(score, at),
        Place.EqualSeconds => Evaluations.ScoreAtSeconds(score, at),
        _ => SecondsPerIteration,
    };

    /// <summary>What a study keeps of a record.</summary>
    /// <exception cref="ArgumentException">The record has no iteration or no evaluation, or a score that is not a number.</exception>
    public static StudyRun Of(Variant variant, ulong seed, RunRecord record)
    {
        var run = $"{variant.Name}, seed {seed}";
        if (record.Iterations.Count == 0 || record.Evaluations.Count == 0)
            throw new ArgumentException($"The record of {run} has {record.Iterations.Count} iterations and {record.Evaluations.Count} evaluations; "
                + "a study needs one of each.", nameof(record));
        foreach (var e in record.Evaluations)
            foreach (var (score, value) in e.Scores)
                if (!double.IsFinite(value)) throw new ArgumentException($"The score {score} of {run} is {value} at iteration {e.Iteration}.", nameof(record));
        var one = new MethodRuns(variant.Name, [(seed, record)]);
        return new(variant.Name, seed, variant.Key, new(record.Evaluations))
        {
            Iterations = record.LastIteration,
            Seconds = record.LastSeconds,
            SecondsPerIteration = one.SecondsPerIteration!.Value.Mean,
            RolloutPerLeaf = one.RolloutPerLeaf,
            TrainedPerLeaf = one.TrainedPerLeaf,
        };
    }
}
