namespace BranchGrpo.Kit.Notebooks;

/// <summary>Where two variants are compared.</summary>
public enum Place
{
    /// <summary>After the same number of iterations.</summary>
    EqualIterations,

    /// <summary>After the same training seconds.</summary>
    EqualSeconds,

    /// <summary>Training seconds of an iteration, as a ratio to the rival's.</summary>
    TimeRatio,
}

/// <summary>A sentence that runs can hold or refute: at a place, a variant's quantity less a rival's lies above a bound.</summary>
/// <param name="Sentence">The claim in words.</param>
/// <param name="Source">Who says so, with the published figure.</param>
/// <param name="Variant">Name of the variant that is claimed to be better.</param>
/// <param name="Rival">Name of the variant it is compared with.</param>
/// <param name="Place">Where.</param>
/// <param name="Score">Name of the score; not used for a time ratio.</param>
/// <param name="Bound">The difference must be above this; the time ratio below it.</param>
public sealed record PublishedClaim(
    string Sentence, string Source, string Variant, string Rival, Place Place, string Score = "reward", double Bound = 0);
