using System.Net;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>What became of a claim or an exercise.</summary>
public enum Outcome
{
    /// <summary>True of the numbers shown.</summary>
    Holds,

    /// <summary>False of the numbers shown.</summary>
    Fails,

    /// <summary>Not judged: the preset computes too little, or nothing was answered.</summary>
    Open,
}

/// <summary>A sentence checked on the numbers just shown: a green, red or grey line.</summary>
/// <param name="Sentence">What is claimed.</param>
/// <param name="Outcome">Whether it is so.</param>
/// <param name="Evidence">The numbers.</param>
[TypeFormatterSource(typeof(LineFormatters), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed record Claim(string Sentence, Outcome Outcome, string Evidence) : IShownLine
{
    /// <summary>Environment variable that, set to 1, makes a claim that fails an error: how headless runs notice.</summary>
    public const string Strict = "BRANCHGRPO_STRICT";

    /// <summary>Checks a claim that must be so at every preset.</summary>
    /// <exception cref="ClaimFailedException">It is not, and <see cref="Strict"/> is set.</exception>
    public static Claim Holds(string sentence, bool condition, string evidence) => Judged(sentence, condition, evidence);

    /// <summary>Checks a claim about learning: judged only where the preset trains long enough to see it.</summary>
    public static Claim Learns(string sentence, bool condition, string evidence) =>
        Lab.Preset.Trains ? Judged(sentence, condition, evidence) : new(sentence, Outcome.Open, $"not judged at preset {Lab.Preset.Name}: {evidence}");

    /// <summary>The line as text.</summary>
    public override string ToString() => $"{Mark} {Sentence} ({Evidence})";

    string IShownLine.Html => LineFormatters.Line(Outcome, $"<b>{WebUtility.HtmlEncode(Sentence)}</b> {WebUtility.HtmlEncode(Evidence)}");

    private string Mark => Outcome switch { Outcome.Holds => "✔", Outcome.Fails => "✘", _ => "·" };

    private static Claim Judged(string sentence, bool condition, string evidence)
    {
        var claim = new Claim(sentence, condition ? Outcome.Holds : Outcome.Fails, evidence);
        return condition || Environment.GetEnvironmentVariable(Strict) != "1" ? claim : throw new ClaimFailedException(claim.ToString());
    }
}

/// <summary>A claim of a notebook does not hold.</summary>
public sealed class ClaimFailedException(string message) : Exception(message);
