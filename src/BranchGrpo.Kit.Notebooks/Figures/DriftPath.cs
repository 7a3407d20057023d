namespace BranchGrpo.Kit.Notebooks;

/// <summary>Score and drift at each evaluation of a method, mean over seeds.</summary>
internal static class DriftPath
{
    /// <summary>The mean KL to the reference or, without one, the KL to the old policy summed over iterations.</summary>
    public const string Kl = "kl";

    public static string Words(string drift) => drift switch
    {
        Kl => "KL divergence (nats)",
        "rmse" => "distance to clean pictures (RMSE)",
        "diversity" => "diversity of pictures of one prompt",
        _ => drift,
    };

    public static (double Drift, double Score)[] Of(MethodRuns method, string drift, string score)
    {
        var paths = method.Runs.Select(run => Of(run.Record, drift, score)).Where(path => path.Length > 0).ToArray();
        var length = paths.Length == 0 ? 0 : paths.Min(p => p.Length);
        return [.. Enumerable.Range(0, length).Select(i => (paths.Average(p => p[i].Drift), paths.Average(p => p[i].Score)))];
    }

    private static (double Drift, double Score)[] Of(RunRecord record, string drift, string score) =>
    [
        .. from evaluation in record.Evaluations
           let y = score == Comparison.Training ? record.TrainingRewardAtIteration(evaluation.Iteration) : Known(evaluation, score)
           let x = drift == Kl ? Divergence(record, evaluation.Iteration) : Known(evaluation, drift)
           where x is not null && y is not null
           select (x.Value, y.Value),
    ];

    private static double? Known(RunEvent.Evaluated evaluation, string score) => evaluation.Scores.TryGetValue(score, out var value) ? value : null;

    private static double Divergence(RunRecord record, int iteration)
    {
        var until = record.Iterations.Where(i => i.Iteration <= iteration).Select(i => i.Metrics).ToArray();
        var hasReference = record.Iterations.Any(i => i.Metrics.ReferenceKl != 0);
        return hasReference ? until.LastOrDefault()?.ReferenceKl ?? 0 : until.Sum(m => m.ApproximateKl);
    }
}
