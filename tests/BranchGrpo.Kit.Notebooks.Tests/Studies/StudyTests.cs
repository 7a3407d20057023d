namespace BranchGrpo.Kit.Notebooks.Tests;

public sealed class StudyTests
{
    [Fact]
    public void A_run_keeps_its_evaluations_and_what_an_iteration_costs()
    {
        var run = MadeUpStudy.Run(MadeUpStudy.Base, 101, 25, 2, 0.004);
        Assert.Equal((25, 50.0, 2.0, 10.0, 9.0), (run.Iterations, run.Seconds, run.SecondsPerIteration, run.RolloutPerLeaf, run.TrainedPerLeaf));
        Assert.Equal(MadeUpStudy.Base.Key, run.Key);
        Assert.Empty(run.Evaluations.Iterations);
        Assert.Equal(0.56, run.Evaluations.ScoreAtIteration("reward", 15)!.Value, 1e-12);
        Assert.Equal(0.56, run.Evaluations.ScoreAtSeconds("reward", 30)!.Value, 1e-12);
        Assert.Contains("0 evaluations", Assert.Throws<ArgumentException>(() => StudyRun.Of(MadeUpStudy.Base, 1, new([]))).Message);
        var broken = MadeUpStudy.Record(10, 1, i => new() { ["reward"] = i > 0 ? double.NaN : 0 });
        var message = Assert.Throws<ArgumentException>(() => StudyRun.Of(MadeUpStudy.Alike, 1, broken)).Message;
        Assert.Contains("reward of C, seed 1 is NaN at iteration 10", message);
    }

    [Fact]
    public void Effects_are_taken_where_all_runs_of_both_were_evaluated()
    {
        var iterations = Effect(MadeUpStudy.Four, Place.EqualIterations);
        Assert.Equal((60.0, "after 60 iterations"), (iterations.At, iterations.Where));
        Assert.Equal(0.06, iterations.Paired!.Mean, 1e-9);
        Assert.Equal(3.1824 * 0.0024 * Math.Sqrt(4 / 3.0) / 2, iterations.Interval!.Value.HalfWidth, 1e-6);   // ± 60 · 0.00004 by seed
        var seconds = Effect(MadeUpStudy.Four, Place.EqualSeconds);             // 50 s: 50 iterations of the base, 100 of the other
        Assert.Equal(50, seconds.At);
        Assert.Equal(0.2 + (50 * 0.00025), seconds.Paired!.Mean, 1e-9);
        Assert.Equal(1, seconds.Paired.Superiority);
        var longer = MadeUpStudy.Four.With(MadeUpStudy.Run(MadeUpStudy.Base, 105, 30, 1, 0.002));             // a run of one holds back both
        Assert.Equal((30.0, 30.0), (Effect(longer, Place.EqualIterations).At, Effect(longer, Place.EqualSeconds).At));
        Assert.Equal(4, Effect(longer, Place.EqualSeconds).Paired!.Pairs);
    }

    [Fact]
    public void Scores_count_up_to_the_last_evaluation_and_time_is_a_ratio()
    {
        var study = MadeUpStudy.Four.With(MadeUpStudy.Run(MadeUpStudy.Fast, 101, 47, 0.5, 0.003));            // evaluated at 40
        Assert.Equal(40, Effect(study, Place.EqualIterations).At);
        var time = Effect(study, Place.TimeRatio);
        Assert.Equal((0.5, "per iteration", "0.50 [0.50, 0.50]"), (time.Paired!.Mean, time.Where, time.ToString()));
    }

    [Fact]
    public void Missing_runs_are_named()
    {
        Assert.Equal("no run of nothing", MadeUpStudy.Four.Effect("nothing", "C", Place.EqualSeconds).Missing);
        Assert.Equal("no beauty in the runs of C; no beauty in the runs of A, the base",
            MadeUpStudy.Four.Effect("C", MadeUpStudy.Base.Name, Place.EqualSeconds, "beauty").Missing);
        var study = new Study("x", MadeUpStudy.Runs(101, 102).Where(r => (r.Variant, r.Seed) != ("C", 102)));
        var effect = study.Effect("C", MadeUpStudy.Base.Name, Place.EqualSeconds);
        Assert.Equal((1, null, "C lacks seed 102"), (effect.Paired!.Pairs, effect.Interval, effect.Missing));
        Assert.Equal("", Effect(study, Place.EqualSeconds).Missing);
    }

    [Theory]
    [InlineData(Place.EqualIterations, 0, Judgement.Held)]
    [InlineData(Place.EqualIterations, 0.057, Judgement.Undecided)]             // 0.060 ± 0.0044
    [InlineData(Place.EqualIterations, 0.07, Judgement.NotHeld)]
    [InlineData(Place.EqualSeconds, 0.1, Judgement.Held)]
    [InlineData(Place.EqualSeconds, 0.21, Judgement.Undecided)]
    [InlineData(Place.EqualSeconds, 0.3, Judgement.NotHeld)]
    [InlineData(Place.TimeRatio, 0.6, Judgement.Held)]                          // below the bound
    [InlineData(Place.TimeRatio, 0.4, Judgement.NotHeld)]
    public void A_claim_holds_when_the_whole_interval_lies_beyond_its_bound(Place place, double bound, Judgement judgement)
    {
        var verdict = Judge(MadeUpStudy.Four, Claim(place, bound));
        Assert.Equal(judgement, verdict.Judgement);
        Assert.StartsWith($"It is so: {verdict.Word} (", verdict.Sentence);
        Assert.Contains(bound == 0 ? "+0.060 [+0.056, +0.064] after 60 iterations, 4 seeds)" : FormattableString.Invariant($", bound {bound}, 4 seeds)"),
            verdict.Sentence);
    }

    [Fact]
    public void A_time_whose_interval_reaches_across_the_bound_is_undecided_as_are_claims_without_runs()
    {
        double[] seconds = [0.4, 0.7, 0.5, 0.8];
        var uneven = MadeUpStudy.Four.With(seconds.Select((s, i) => MadeUpStudy.Run(MadeUpStudy.Fast, 101 + (ulong)i, 60, s, 0.003)));
        Assert.Equal(Judgement.Undecided, Judge(uneven, Claim(Place.TimeRatio, 0.6)).Judgement);
        var none = Judge(new Study("x", MadeUpStudy.Runs(101, 102).Where(r => r.Variant != MadeUpStudy.Fast.Name)), Claim(Place.EqualSeconds, 0));
        Assert.Equal("It is so: undecided (no run of B \"fast\").", none.Sentence);
        var one = Judge(new Study("x", MadeUpStudy.Runs(101)), Claim(Place.EqualIterations, 0));
        Assert.Equal(Judgement.Undecided, one.Judgement);
        Assert.Contains("one seed", one.Sentence);
        var apart = new Study("x", [.. MadeUpStudy.Runs(101), .. MadeUpStudy.Runs(102).Where(r => r.Variant == MadeUpStudy.Base.Name)]);
        Assert.Contains("B \"fast\" lacks seed 102", Judge(apart, Claim(Place.EqualIterations, 0)).Sentence);
    }

    [Fact]
    public void An_entry_sees_only_runs_of_its_settings_and_tuning_only_its_own_seeds()
    {
        var study = MadeUpStudy.Four.With(MadeUpStudy.Runs(1, 2));
        Assert.Equal(12, study.For(MadeUpStudy.Entry).Runs.Length);
        Assert.Equal([1UL, 1, 1, 2, 2, 2], study.For(MadeUpStudy.Entry with { IsTuning = true }).Runs.Select(r => r.Seed).Order().ToArray());
        var changed = MadeUpStudy.Entry with { Variants = [MadeUpStudy.Base, MadeUpStudy.Variant(MadeUpStudy.Fast.Name, 5e-4)] };
        Assert.Equal(MadeUpStudy.Base.Name, Assert.Single(study.For(changed).Runs.Select(r => r.Variant).Distinct()));
        Assert.Contains("no run of B", study.Judge(changed)[0].Sentence);
        Assert.NotEqual(MadeUpStudy.Base.Key, (MadeUpStudy.Base with { TrainsAll = true }).Key);
        Assert.Equal(MadeUpStudy.Base.Key, new Variant(MadeUpStudy.Base.Recipe with { Name = "other" }).Key);
    }

    [Fact]
    public void A_study_has_a_run_once_and_a_name_for_one_setting()
    {
        var again = MadeUpStudy.Run(MadeUpStudy.Alike, 101, 10, 1, 0.5);
        Assert.Contains("C, seed 101 occurs 2 times", Assert.Throws<ArgumentException>(() => new Study("x", [.. MadeUpStudy.Runs(101), again])).Message);
        var replaced = MadeUpStudy.Four.With(again);
        Assert.Equal((12, 10), (replaced.Runs.Length, replaced.Of("C")[0].Iterations));
        Assert.Equal(MadeUpStudy.Four.Runs.Select(r => (r.Variant, r.Seed)), replaced.Runs.Select(r => (r.Variant, r.Seed)));      // in its place
        var other = MadeUpStudy.Run(MadeUpStudy.Variant("C", 9e-4), 109, 10, 1, 0.5);
        Assert.Contains("runs of C have different settings", Assert.Throws<ArgumentException>(() => MadeUpStudy.Four.With(other)).Message);
        Assert.Equal(15, MadeUpStudy.Four.With(new Study(MadeUpStudy.Environment, MadeUpStudy.Runs(105))).Runs.Length);
        Assert.Contains("another", Assert.Throws<ArgumentException>(() => MadeUpStudy.Four.With(new Study("another", []))).Message);
        Assert.Throws<ArgumentException>(() => new Study("two\nlines", []));
    }

    private static StudyEffect Effect(Study study, Place place) => study.Effect(MadeUpStudy.Fast.Name, MadeUpStudy.Base.Name, place);

    private static PublishedClaim Claim(Place place, double bound) =>
        new("It is so", "", MadeUpStudy.Fast.Name, MadeUpStudy.Base.Name, place, Bound: bound);

    private static ClaimVerdict Judge(Study study, PublishedClaim claim) => study.Judge(MadeUpStudy.Entry with { Claims = [claim] })[0];
}
