using System.Collections.Immutable;

namespace BranchGrpo.Kit.Notebooks.Tests;

/// <summary>Studies of known curves: every evaluation's score is a base plus a slope times its iteration.</summary>
internal static class MadeUpStudy
{
    public const string Environment = "a made-up machine, 2 processors";

    public static readonly Variant
        Base = Variant("A, the base", 1e-4), Fast = Variant("B \"fast\"", 2e-4), Alike = Variant("C", 3e-4);

    /// <summary>The base, a variant that is better and takes half the time, and one that only seeds tell from the base.</summary>
    public static readonly Ablation Entry = new("made up", "", "", "", [Base, Fast, Alike])
    {
        Claims = [new("Fast is better", "nobody, 2026", Fast.Name, Base.Name, Place.EqualIterations)],
    };

    public static readonly Study Four = new(Environment, Runs(101, 102, 103, 104));

    public static Variant Variant(string name, double learningRate) =>
        new(Recipes.Find("BranchGRPO", Geometry.Quick) with { Name = name, LearningRate = learningRate });

    /// <summary>60 iterations of 1 s, 100 of 0.5 s, 60 of 1 s. Slopes of the reward: 2, 3 and 2 thousandths, and what a seed adds to all and to each.</summary>
    public static IEnumerable<StudyRun> Runs(params ulong[] seeds) => seeds.SelectMany(seed =>
    {
        var (common, own) = (0.0001 * (seed % 10), seed % 2 == 0 ? 0.00004 : -0.00004);
        return new[] { Run(Base, seed, 60, 1, 0.002 + common), Run(Fast, seed, 100, 0.5, 0.003 + common + own), Run(Alike, seed, 60, 1, 0.002 + common + own) };
    });

    public static StudyRun Run(Variant variant, ulong seed, int iterations, double secondsEach, double slope) =>
        StudyRun.Of(variant, seed, Record(iterations, secondsEach, i => new()
        {
            ["reward"] = 0.5 + (slope * i),
            ["heldout"] = 0.4 + (slope * i / 4),
            ["verifier"] = 0.9,
            ["rmse"] = 0.1 + (slope * i / 10),
            ["diversity"] = 0.3,
            ["kl"] = slope * i / 3,
        }));

    public static RunRecord Record(int iterations, double secondsEach, Func<int, Dictionary<string, double>> scores) =>
        new(MadeUp.Record(iterations, secondsEach, 0).Events.Select(e =>
            e is RunEvent.Evaluated evaluated ? evaluated with { Scores = scores(e.Iteration).ToImmutableSortedDictionary() } : e));
}
