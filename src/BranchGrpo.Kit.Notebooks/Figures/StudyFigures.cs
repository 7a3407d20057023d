using BranchGrpo.Kit.Notebooks.Drawing;

namespace BranchGrpo.Kit.Notebooks;

public static partial class Figures
{
    /// <summary>The effect of every variant against the baseline, dot and 95 % interval, at equal iterations and at equal seconds.</summary>
    /// <param name="study">The runs.</param>
    /// <param name="ablation">The entry; variants without a seed in common with the baseline are left out.</param>
    /// <param name="score">A score of the evaluations.</param>
    /// <exception cref="ArgumentException">No variant has a seed in common with the baseline.</exception>
    public static Figure Forest(this Study study, Ablation ablation, string score = "reward")
    {
        var runs = study.For(ablation);
        score = ablation.Judged(score);
        var (iterations, seconds) = (runs.EffectsOn(ablation, Place.EqualIterations, score), runs.EffectsOn(ablation, Place.EqualSeconds, score));
        int[] rows = [.. Enumerable.Range(0, seconds.Length).Where(i => seconds[i].Paired is not null)];
        if (rows.Length == 0) throw NothingToShow(ablation, score);
        var words = $"{ScoreWords(score)}, difference to {ablation.Variants[0].Name}";
        var scene = DotScene(words, 0, [.. rows.Select(i => (seconds[i].Variant, i + 1))],
            ("at equal iterations", row => Dot(iterations[rows[row]])), ("at equal seconds", row => Dot(seconds[rows[row]])));
        var said = string.Join("; ", rows.Select(i => $"{seconds[i].Variant} {iterations[i]} {iterations[i].Where}, {seconds[i]} {seconds[i].Where}")) + ".";
        var pairs = StudyStanding.Seeds([.. rows.Select(i => seconds[i].Paired!.Pairs)]);
        var subtitle = $"mean difference by seed, each with its 95 % interval (Student's t), {pairs}; {study.Environment}";
        return new PanelFigure(StudyStanding.Title(ScoreWords(score), ablation, iterations, seconds), subtitle, said, scene);

        static (double, double?)? Dot(StudyEffect effect) => effect.Paired is { } e ? (e.Mean, e.Interval?.HalfWidth) : null;
    }

    /// <summary>A score against iterations and against training seconds. The band is the 95 % interval of the mean over seeds.</summary>
    /// <param name="study">The runs.</param>
    /// <param name="ablation">The entry.</param>
    /// <param name="score">A score of the evaluations.</param>
    /// <exception cref="ArgumentException">No run has the score.</exception>
    public static Figure Curves(this Study study, Ablation ablation, string score = "reward")
    {
        var runs = study.For(ablation);
        score = ablation.Judged(score);
        var level = Spread.Of(runs.Runs.Select(r => r.At(Place.EqualIterations, 0, score)))?.Mean ?? throw NothingToShow(ablation, score);
        var scene = CurveScene(ScoreWords(score), level, Side(Place.EqualIterations), Side(Place.EqualSeconds));
        var said = $"{ScoreWords(score)} at {Short(runs.EqualSeconds)} training seconds: " + string.Join(", ",
            from v in ablation.Variants
            let at = runs.AtSeconds(v.Name, score)
            where at is not null
            select $"{v.Name} {at.Value.ToString("0.000", withDeviation: false)}") + ".";
        var title = StudyStanding.Title(ScoreWords(score), ablation,
            runs.EffectsOn(ablation, Place.EqualIterations, score), runs.EffectsOn(ablation, Place.EqualSeconds, score));
        var subtitle = $"mean over {StudyStanding.Seeds([.. runs.Runs.CountBy(r => r.Variant).Select(c => c.Value)])}, band = its 95 % interval (Student's t); "
            + study.Environment;
        return new PanelFigure(title, subtitle, said, scene);

        IEnumerable<Mark.Curve> Side(Place place) =>
            from entry in ablation.Variants.Index()
            let own = runs.Of(entry.Item.Name)
            where own.Any(r => r.At(place, 0, score) is not null)
            let end = own.Min(r => r.Reach(place))
            select Curve(entry.Item.Name, entry.Index, Places(own[0].Evaluations, end, place == Place.EqualIterations),
                spread => ConfidenceInterval.Student(spread)?.HalfWidth, at => runs.Scores(entry.Item.Name, place, at, score));
    }

    /// <summary>The reward against how far the policy has drifted, along the evaluations of each variant.</summary>
    /// <param name="study">The runs.</param>
    /// <param name="ablation">The entry.</param>
    /// <param name="drift"><c>kl</c> (divergence from the base policy), <c>rmse</c> or <c>diversity</c>.</param>
    /// <exception cref="ArgumentException">No run has both scores.</exception>
    public static Figure RewardAgainst(this Study study, Ablation ablation, string drift)
    {
        var (runs, reward, words) = (study.For(ablation), ablation.Judged("reward"), DriftPath.Words(drift).Split(" (")[0]);
        if (runs.Runs.IsEmpty) throw NothingToShow(ablation, reward);
        drift = ablation.Judged(drift);
        var title = $"Against {ablation.Variants[0].Name} at equal seconds: {ScoreWords(reward)}: {Said(reward)}; {words}: {Said(drift)}";
        var subtitle = $"a point per evaluation, from the base policy on; mean over "
            + $"{StudyStanding.Seeds([.. runs.Runs.CountBy(r => r.Variant).Select(c => c.Value)])}; {study.Environment}";
        return Drift([.. ablation.Variants.Select(v => new MethodRuns(v.Name, [.. runs.Of(v.Name).Select(r => (r.Seed, r.Evaluations))]))],
            drift, reward, title, subtitle);

        string Said(string score) => StudyStanding.Said(runs.EffectsOn(ablation, Place.EqualSeconds, score));
    }

    private static ArgumentException NothingToShow(Ablation ablation, string score) =>
        new($"The study has no \"{score}\" of the variants of \"{ablation.Name}\" with these settings.", nameof(ablation));
}
