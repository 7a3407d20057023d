using System.Globalization;
using Microsoft.Data.Analysis;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Tables of studies. Every interval, and every number after ±, is 95 % by Student's t over seeds, for one comparison at a time.</summary>
public static class StudyTables
{
    /// <summary>A row per variant, the baseline first: what an iteration costs and what it brings, against the baseline.</summary>
    /// <param name="study">The runs.</param>
    /// <param name="ablation">The entry.</param>
    /// <returns>The reward stands at the seconds that all runs of the entry reached; <c>**</c> marks those whose interval reaches the best one's, where not
    /// all do. An effect stands at the place that both of a pair reached, given with it. Superiority: <see cref="PairedEffect.Superiority"/>.</returns>
    public static DataFrame Effects(this Study study, Ablation ablation)
    {
        var (runs, score) = (study.For(ablation), ablation.Judged("reward"));
        var rewards = ablation.Variants.Select(v => (v.Name, Score: runs.AtSeconds(v.Name, score))).ToArray();
        var best = Standing.Best([.. from r in rewards let s = r.Score where s is not null select (r.Name, s.Value.Mean, HalfWidth(s))]);
        var seconds = runs.EffectsOn(ablation, Place.EqualSeconds, score);
        return new(
            Names(ablation), new StringDataFrameColumn("seeds", ablation.Variants.Select(v => $"{runs.Of(v.Name).Length}")),
            Column("time ratio [95 %]", runs.EffectsOn(ablation, Place.TimeRatio, score), e => $"{e}", "1.00"),
            new StringDataFrameColumn(string.Create(CultureInfo.InvariantCulture, $"{Figures.ScoreWords(score)} at {runs.EqualSeconds:0.#} s"),
                rewards.Select(r => best.Contains(r.Name) ? $"**{Text(r.Score)}**" : Text(r.Score))),
            Column("effect at equal iterations [95 %]", runs.EffectsOn(ablation, Place.EqualIterations, score), Placed),
            Column("effect at equal seconds [95 %]", seconds, Placed),
            Column("superiority at equal seconds", seconds, e => e.Paired?.Superiority.ToString("0.00", CultureInfo.InvariantCulture) ?? ""));
    }

    /// <summary>A row per variant, the baseline first: scores that no training sees, and how far the policy drifted, at equal seconds.</summary>
    /// <param name="study">The runs.</param>
    /// <param name="ablation">The entry.</param>
    /// <returns>The gap is the gain of the optimised reward over the base policy less that of the held-out reward, with the warning of
    /// <see cref="AblationTables.HackingMonitor"/>.</returns>
    public static DataFrame Drift(this Study study, Ablation ablation)
    {
        var runs = study.For(ablation);
        string[] scores = ["heldout", "verifier", "rmse", "diversity", "kl"];
        var columns = from score in scores
                      select new StringDataFrameColumn(score, ablation.Variants.Select(v => Text(runs.AtSeconds(v.Name, ablation.Judged(score)))));
        return new(
        [
            Names(ablation), .. columns,
            new StringDataFrameColumn("reward gain − held-out gain", ablation.Variants.Select(v =>
            {
                var gap = Spread.Of(runs.Of(v.Name).Select(r => Gain(r, "reward") - Gain(r, "heldout")));
                return $"{Text(gap, "+0.000;-0.000;0.000")} {AblationTables.Warning(Gains(v, "reward"), Gains(v, "heldout"), Gains(v, "verifier"))}".TrimEnd();
            })),
        ]);

        Spread? Gains(Variant variant, string score) => Spread.Of(runs.Of(variant.Name).Select(r => Gain(r, score)));
        double? Gain(StudyRun run, string score) =>
            run.At(Place.EqualSeconds, runs.EqualSeconds, ablation.Judged(score)) - run.At(Place.EqualIterations, 0, ablation.Judged(score));
    }

    /// <summary>A row per claim of the entry: who says so, what was measured, and whether it held.</summary>
    public static DataFrame Verdicts(this Study study, Ablation ablation)
    {
        var verdicts = study.Judge(ablation);
        return new(
            new StringDataFrameColumn("claim", verdicts.Select(v => v.Claim.Sentence)),
            new StringDataFrameColumn("source", verdicts.Select(v => v.Claim.Source)),
            new StringDataFrameColumn("measured", verdicts.Select(v => v.Measured)), new StringDataFrameColumn("verdict", verdicts.Select(v => v.Word)));
    }

    /// <summary>A table as Markdown, all its rows.</summary>
    public static string Markdown(this DataFrame table) => KitTables.Of(table, int.MaxValue).ToMarkdown();

    private static StringDataFrameColumn Names(Ablation ablation) => new("variant", ablation.Variants.Select(v => v.Name));

    private static StringDataFrameColumn Column(string name, IEnumerable<StudyEffect> effects, Func<StudyEffect, string> text, string baseline = "") =>
        new(name, effects.Select(text).Prepend(baseline));

    private static string Placed(StudyEffect effect) => effect.Paired is null ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{effect} at {effect.At:0.#}");

    private static double? HalfWidth(Spread? spread) => ConfidenceInterval.Student(spread)?.HalfWidth;

    private static string Text(Spread? spread, string format = "0.000") => spread is not { } s ? ""
        : s.ToString(format, withDeviation: false) + (HalfWidth(s) is { } half ? " ± " + half.ToString("0.000", CultureInfo.InvariantCulture) : "");
}
