using System.Net;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>The check of an exercise.</summary>
/// <param name="Question">What was asked.</param>
/// <param name="Outcome">Right, wrong, or not answered.</param>
/// <param name="Remark">What to do next.</param>
[TypeFormatterSource(typeof(LineFormatters), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed record Exercise(string Question, Outcome Outcome, string Remark) : IShownLine
{
    /// <summary>Remark of a right answer.</summary>
    internal const string Right = "right";

    /// <summary>Checks an answer. Wrong and missing answers are shown, never errors.</summary>
    /// <param name="question">What was asked, in a few words.</param>
    /// <param name="answer">The reader's; null where there is none yet.</param>
    /// <param name="isRight">Tells a right answer.</param>
    /// <param name="hint">Shown for a wrong one.</param>
    public static Exercise Check<T>(string question, T? answer, Func<T, bool> isRight, string hint) where T : class => answer is null
        ? new(question, Outcome.Open, "no answer yet")
        : isRight(answer) ? new(question, Outcome.Holds, Right) : new(question, Outcome.Fails, hint);

    /// <summary>The same for a number.</summary>
    public static Exercise Check(string question, double? answer, Func<double, bool> isRight, string hint) => answer is not { } number
        ? new(question, Outcome.Open, "no answer yet")
        : isRight(number) ? new(question, Outcome.Holds, Right) : new(question, Outcome.Fails, hint);

    /// <summary>The line as text.</summary>
    public override string ToString() => $"{Question}: {Remark}";

    string IShownLine.Html => LineFormatters.Line(Outcome, $"<b>{WebUtility.HtmlEncode(Question)}</b>: {WebUtility.HtmlEncode(Remark)}");
}
