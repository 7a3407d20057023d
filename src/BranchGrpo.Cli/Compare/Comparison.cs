using BranchGrpo.Kit;

namespace BranchGrpo.Cli.Compare;

/// <summary>What runs have to say about methods: at equal iterations and, interpolated between evaluations, at equal seconds.</summary>
internal sealed class Comparison
{
    /// <summary>The reward of the rollouts, which is not an evaluation.</summary>
    public const string Training = "training";

    /// <summary>Scores shown, in order: name in the records and words in tables.</summary>
    public static readonly IReadOnlyList<(string Name, string Words)> KnownScores =
    [
        (Training, "training reward"), ("reward", "test reward"), ("heldout", "held-out reward"), ("verifier", "verifier accuracy"),
    ];

    public Comparison(IReadOnlyList<MethodRuns> methods, double? budget)
    {
        Methods = methods;
        var records = methods.SelectMany(m => m.Runs).Select(run => run.Record).ToArray();
        EqualIterations = records.Min(r => r.LastIteration);
        EqualSeconds = Math.Min(budget ?? double.PositiveInfinity, records.Min(r => r.LastSeconds));
        var names = records.SelectMany(r => r.Evaluations).SelectMany(e => e.Scores.Keys).ToHashSet();
        Scores = [.. KnownScores.Where(s => s.Name == Training || names.Contains(s.Name))];
        Seeds = methods.Max(m => m.Runs.Count);
    }

    public IReadOnlyList<MethodRuns> Methods { get; }

    /// <summary>Iterations that every run reached.</summary>
    public int EqualIterations { get; }

    /// <summary>Training seconds that every run reached.</summary>
    public double EqualSeconds { get; }

    /// <summary>The known scores that these runs have.</summary>
    public IReadOnlyList<(string Name, string Words)> Scores { get; }

    public int Seeds { get; }

    public MethodRuns? Find(string method) => Methods.FirstOrDefault(m => m.Method == method);

    public double? AtIterations(RunRecord record, string score) => AtIteration(record, score, EqualIterations);

    public double? AtSeconds(RunRecord record, string score) => AtSecond(record, score, EqualSeconds);

    public static double? AtIteration(RunRecord record, string score, double iteration) =>
        score == Training ? record.TrainingRewardAtIteration(iteration) : record.ScoreAtIteration(score, iteration);

    public static double? AtSecond(RunRecord record, string score, double seconds) =>
        score == Training ? record.TrainingRewardAtSeconds(seconds) : record.ScoreAtSeconds(score, seconds);

    /// <summary>Reads the complete runs of a plan; a method without one is left out.</summary>
    /// <returns>Null when there is none at all.</returns>
    public static Comparison? Read(string folder, ComparePlan plan)
    {
        var methods = plan.Methods.Select(method => new MethodRuns(method,
        [
            .. from seed in plan.Seeds
               let path = Path.Combine(RunFolder.Of(folder, method, seed), ExperimentRunner.RecordFile)
               where File.Exists(path)
               let record = RunRecord.Read(path)
               where record.IsComplete
               select (seed, record),
        ])).Where(m => m.Runs.Count > 0).ToArray();
        return methods.Length > 0 ? new(methods, plan.Seconds) : null;
    }
}
