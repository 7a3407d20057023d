namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>How a cell ended.</summary>
/// <param name="Value">The value of its last expression; null where there is none.</param>
/// <param name="Error">Why it failed; null where it did not.</param>
public sealed record CellResult(MimeBundle? Value, CellError? Error);

/// <summary>Why a cell failed.</summary>
/// <param name="Name">Type of the error; <c>KeyboardInterrupt</c> for an interrupted cell.</param>
/// <param name="Message">What went wrong.</param>
/// <param name="Line">Line of the cell, from 1; null where it is not known.</param>
/// <param name="Trace">Lines to show: the message, and where in the cell and in the kit it happened.</param>
public sealed record CellError(string Name, string Message, int? Line, IReadOnlyList<string> Trace);
