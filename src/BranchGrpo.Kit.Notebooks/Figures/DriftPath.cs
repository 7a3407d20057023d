namespace BranchGrpo.Kit.Notebooks;

/// <summary>Score and drift at each evaluation of a method, mean over seeds.</summary>
internal static class DriftPath
{
    public static string Words(string drift) => drift switch
    {
        "kl" => "KL to the base policy (nats per element)",
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
           let x = Known(evaluation, drift)
           where x is not null && y is not null
           select (x.Value, y.Value),
    ];

    private static double? Known(RunEvent.Evaluated evaluation, string score) => evaluation.Scores.TryGetValue(score, out var value) ? value : null;
}
