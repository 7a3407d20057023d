namespace BranchGrpo.Kit.Notebooks;

/// <summary>What runs have to say about methods: at equal iterations and, interpolated between evaluations, at equal seconds.</summary>
[TypeFormatterSource(typeof(ComparisonFormatters), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed class Comparison
{
    /// <summary>The reward of the rollouts, which is not an evaluation.</summary>
    public const string Training = "training";

    /// <summary>Scores shown, in order: name in the records and words in tables.</summary>
    public static readonly IReadOnlyList<(string Name, string Words)> KnownScores =
    [
        (Training, "training reward"), ("reward", "test reward"), ("heldout", "held-out reward"), ("verifier", "verifier accuracy"),
    ];

    /// <summary>Compares methods.</summary>
    /// <param name="methods">At least one, each with at least one run; the baseline first.</param>
    /// <param name="budget">Training seconds that the runs were given; null = by iterations alone.</param>
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

    /// <summary>The methods, baseline first.</summary>
    public IReadOnlyList<MethodRuns> Methods { get; }

    /// <summary>Iterations that every run reached.</summary>
    public int EqualIterations { get; }

    /// <summary>Training seconds that every run reached.</summary>
    public double EqualSeconds { get; }

    /// <summary>The known scores that these runs have.</summary>
    public IReadOnlyList<(string Name, string Words)> Scores { get; }

    /// <summary>Largest number of runs of one method.</summary>
    public int Seeds { get; }

    /// <summary>The runs of a method; null where there are none.</summary>
    public MethodRuns? Find(string method) => Methods.FirstOrDefault(m => m.Method == method);

    /// <summary>A score of a run at <see cref="EqualIterations"/>.</summary>
    public double? AtIterations(RunRecord record, string score) => AtIteration(record, score, EqualIterations);

    /// <summary>A score of a run at <see cref="EqualSeconds"/>.</summary>
    public double? AtSeconds(RunRecord record, string score) => AtSecond(record, score, EqualSeconds);

    /// <summary>A score after so many iterations.</summary>
    public static double? AtIteration(RunRecord record, string score, double iteration) =>
        score == Training ? record.TrainingRewardAtIteration(iteration) : record.ScoreAtIteration(score, iteration);

    /// <summary>A score after so many training seconds.</summary>
    public static double? AtSecond(RunRecord record, string score, double seconds) =>
        score == Training ? record.TrainingRewardAtSeconds(seconds) : record.ScoreAtSeconds(score, seconds);
}
