using System.Collections.Immutable;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Many runs of many variants over seeds, measured on one machine.</summary>
public sealed class Study
{
    /// <summary>Puts runs together.</summary>
    /// <param name="environment">One line: what the seconds were measured on.</param>
    /// <param name="runs">In any order.</param>
    /// <exception cref="ArgumentException">A variant and seed occur twice, or a name stands for two settings.</exception>
    public Study(string environment, IEnumerable<StudyRun> runs)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(environment);
        if (environment.AsSpan().ContainsAny('\r', '\n')) throw new ArgumentException("must be one line", nameof(environment));
        (Environment, Runs) = (environment, [.. runs]);
        foreach (var same in Runs.GroupBy(r => (r.Variant, r.Seed)).Where(g => g.Count() > 1))
            throw new ArgumentException($"{same.Key.Variant}, seed {same.Key.Seed} occurs {same.Count()} times; a study has a run once.", nameof(runs));
        foreach (var same in Runs.GroupBy(r => r.Variant))
            if (same.Select(r => r.Key).Distinct().ToArray() is { Length: > 1 } keys)
                throw new ArgumentException(
                    $"The runs of {same.Key} have different settings ({string.Join(", ", keys)}); leave out the older ones.", nameof(runs));
    }

    /// <summary>One line: what the seconds were measured on.</summary>
    public string Environment { get; }

    /// <summary>All runs.</summary>
    public ImmutableArray<StudyRun> Runs { get; }

    /// <summary>Reads <c>runs.csv</c> and <c>evaluations.csv</c> of a folder. Evaluations of runs that <c>runs.csv</c> does not list are left out.</summary>
    /// <exception cref="InvalidDataException">A file is missing or damaged.</exception>
    public static Study Read(string folder) => StudyFiles.Read(folder);

    /// <summary>Writes the two files, five digits of a score.</summary>
    /// <param name="folder">Made if need be.</param>
    public void Write(string folder) => StudyFiles.Write(this, folder);

    /// <summary>This study with more runs; one of the same variant and seed takes the place of the old one.</summary>
    public Study With(params IEnumerable<StudyRun> runs)
    {
        StudyRun[] more = [.. runs];
        var newer = more.ToDictionary(r => (r.Variant, r.Seed));
        var known = Runs.Select(r => (r.Variant, r.Seed)).ToHashSet();
        return new(Environment,
            [.. Runs.Select(r => newer.GetValueOrDefault((r.Variant, r.Seed), r)), .. more.Where(r => !known.Contains((r.Variant, r.Seed)))]);
    }

    /// <summary>This study with another's runs, which replace those of the same variant and seed.</summary>
    /// <exception cref="ArgumentException">It was measured on something else, so that its seconds cannot be compared.</exception>
    public Study With(Study other) => other.Environment == Environment ? With(other.Runs) : throw new ArgumentException("Seconds of different machines "
        + $"cannot be compared: this study was measured on \"{Environment}\", the other on \"{other.Environment}\".", nameof(other));

    /// <summary>The runs of an entry's variants, in their order. Runs of other settings under the same name are not among them, nor those that tuned a
    /// setting where the entry judges it.</summary>
    public Study For(Ablation ablation) =>
        new(Environment, ablation.Variants.SelectMany(v => Of(v.Name).Where(r => r.Key == v.Key && ablation.HasSeed(r.Seed))));

    /// <summary>The runs of a variant, by seed.</summary>
    public ImmutableArray<StudyRun> Of(string variant) => [.. Runs.Where(r => r.Variant == variant).OrderBy(r => r.Seed)];

    /// <summary>Training seconds that every run reached; 0 without runs.</summary>
    public double EqualSeconds => Runs.Select(r => r.Reach(Place.EqualSeconds)).DefaultIfEmpty().Min();

    /// <summary>A score of a variant at <see cref="EqualSeconds"/>, over seeds; null without.</summary>
    public Spread? AtSeconds(string variant, string score) => Scores(variant, Place.EqualSeconds, EqualSeconds, score);

    internal Spread? Scores(string variant, Place place, double at, string score) => Spread.Of(Of(variant).Select(r => r.At(place, at, score)));

    /// <summary>Every variant of an entry but the first, against the first.</summary>
    internal ImmutableArray<StudyEffect> EffectsOn(Ablation ablation, Place place, string score) =>
        [.. ablation.Variants.Skip(1).Select(v => Effect(v.Name, ablation.Variants[0].Name, place, score))];

    /// <summary>A variant against a rival: at the largest iteration, or the largest training seconds, that all runs of both reached.</summary>
    /// <param name="variant">Name of the variant.</param>
    /// <param name="rival">Name of the variant it is compared with.</param>
    /// <param name="place">Where.</param>
    /// <param name="score">A score of the evaluations; not used for a time ratio.</param>
    /// <remarks>A run's reach is its last evaluation; between evaluations a score is interpolated linearly. A time ratio is that of the median seconds per
    /// iteration.</remarks>
    public StudyEffect Effect(string variant, string rival, Place place, string score = "reward")
    {
        var (a, b) = (Of(variant), Of(rival));
        var at = a.Concat(b).Select(r => r.Reach(place)).DefaultIfEmpty().Min();
        var (x, y) = (Values(a), Values(b));
        var effect = place == Place.TimeRatio ? PairedEffect.Ratio(x, y) : PairedEffect.Difference(x, y);
        return new(variant, rival, place, score, at, effect, Missing());

        Dictionary<ulong, double> Values(ImmutableArray<StudyRun> runs) =>
            (from run in runs let value = run.At(place, at, score) where value is not null select (run.Seed, value.Value)).ToDictionary();

        string Missing() => string.Join("; ", new[] { Lacks(variant, a, x, y), Lacks(rival, b, y, x) }.Where(m => m.Length > 0));

        string Lacks(string name, ImmutableArray<StudyRun> runs, Dictionary<ulong, double> own, Dictionary<ulong, double> others) =>
            runs.IsEmpty ? $"no run of {name}" : own.Count == 0 ? $"no {Figures.ScoreWords(score)} in the runs of {name}"
                : others.Keys.Except(own.Keys).Order().ToArray() is { Length: > 0 } seeds ? $"{name} lacks seed {string.Join(", ", seeds)}" : "";
    }

    /// <summary>An entry's claims, judged on the runs of its variants.</summary>
    public ImmutableArray<ClaimVerdict> Judge(Ablation ablation)
    {
        var runs = For(ablation);
        return [.. ablation.Claims.Select(c => new ClaimVerdict(c, runs.Effect(c.Variant, c.Rival, c.Place, c.Score)))];
    }
}
