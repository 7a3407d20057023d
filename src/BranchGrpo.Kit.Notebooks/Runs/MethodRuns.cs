namespace BranchGrpo.Kit.Notebooks;

/// <summary>The records of one method, one per seed.</summary>
/// <param name="Method">Name of the method or variant.</param>
/// <param name="Runs">Seed and record of each run.</param>
public sealed record MethodRuns(string Method, IReadOnlyList<(ulong Seed, RunRecord Record)> Runs)
{
    private IEnumerable<RunRecord> Records => Runs.Select(run => run.Record);

    /// <summary>Policy evaluations per leaf in rollouts: all nodes evaluated over all leaves, over all iterations and seeds.</summary>
    public double RolloutPerLeaf => PerLeaf(m => m.RolloutEvaluations);

    /// <summary>Policy evaluations with gradient per leaf.</summary>
    public double TrainedPerLeaf => PerLeaf(m => m.TrainedEvaluations);

    /// <summary>Training seconds of an iteration: median over a run, without its first iteration where there are more.</summary>
    public Spread? SecondsPerIteration => Spread.Of(Records.Select(r => Median(StepsOf(r))));

    /// <summary>Iterations completed.</summary>
    public Spread? Iterations => Spread.Of(Records.Select(r => (double?)r.LastIteration));

    /// <summary>Training seconds per iteration of one phase: <see cref="SecondsPerIteration"/> times the phase's median share of the elapsed
    /// time.</summary>
    public double Phase(Func<PhaseSeconds, double> phase)
    {
        var shares = from record in Records
                     from iteration in record.Iterations.Skip(record.Iterations.Count > 1 ? 1 : 0)
                     select phase(iteration.Metrics.Seconds) / iteration.Metrics.Seconds.Total;
        return (Median([.. shares]) ?? 0) * (SecondsPerIteration?.Mean ?? 0);
    }

    /// <summary>A score of each run, over seeds.</summary>
    public Spread? At(Func<RunRecord, double?> score) => Spread.Of(Records.Select(score));

    private double PerLeaf(Func<IterationMetrics, long> evaluations)
    {
        var metrics = Records.SelectMany(r => r.Iterations).Select(i => i.Metrics).ToArray();
        var leaves = metrics.Sum(m => (long)m.Leaves);
        return leaves == 0 ? 0 : (double)metrics.Sum(evaluations) / leaves;
    }

    private static double[] StepsOf(RunRecord record)
    {
        var ends = record.Iterations.Select(i => i.Seconds).ToArray();
        var steps = ends.Select((end, i) => i == 0 ? end : end - ends[i - 1]);
        return [.. steps.Skip(ends.Length > 1 ? 1 : 0)];
    }

    private static double? Median(double[] values)
    {
        if (values.Length == 0) return null;
        Array.Sort(values);
        return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }
}
