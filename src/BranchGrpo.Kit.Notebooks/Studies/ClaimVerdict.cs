using System.Globalization;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>A published claim, judged.</summary>
/// <param name="Claim">The claim.</param>
/// <param name="Effect">What was measured.</param>
public sealed record ClaimVerdict(PublishedClaim Claim, StudyEffect Effect)
{
    /// <summary>Held, not held, or undecided. A difference is claimed to lie above the bound, a time ratio below it.</summary>
    public Judgement Judgement => ((Effect.Interval?.Side(Claim.Bound) ?? 0) * (Claim.Place == Place.TimeRatio ? -1 : 1)) switch
    {
        > 0 => Judgement.Held,
        < 0 => Judgement.NotHeld,
        _ => Judgement.Undecided,
    };

    /// <summary>"held", "not held" or "undecided".</summary>
    public string Word => Judgement switch { Judgement.Held => "held", Judgement.NotHeld => "not held", _ => "undecided" };

    /// <summary>The numbers, e.g. "+0.012 [-0.003, +0.027] after 31 iterations, 6 seeds"; which runs are missing where they are too few.</summary>
    public string Measured
    {
        get
        {
            var bound = Claim.Bound == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", bound {Claim.Bound:0.###}");
            return Effect.Paired is not { } e ? Effect.Missing
                : $"{Effect} {Effect.Where}{bound}, {(e.Pairs == 1 ? "one seed" : $"{e.Pairs} seeds")}"
                    + (e.Interval is null ? $" ({Effect.Missing})" : "");
        }
    }

    /// <summary>Claim, verdict and numbers in a sentence.</summary>
    public string Sentence
    {
        get
        {
            var what = Claim.Place == Place.TimeRatio ? "seconds per iteration" : Figures.ScoreWords(Claim.Score);
            var pair = Effect.Paired is null ? "" : $"{what} of {Claim.Variant} against {Claim.Rival}: ";
            return $"{Claim.Sentence}: {Word} ({pair}{Measured}).";
        }
    }
}
