namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>What can stand at a place of a cell.</summary>
/// <param name="Start">First character that a choice replaces.</param>
/// <param name="End">End of what a choice replaces.</param>
/// <param name="Choices">Text of each choice and what it is, e.g. <c>method</c>.</param>
public sealed record Completions(int Start, int End, IReadOnlyList<(string Text, string Kind)> Choices);

/// <summary>Whether code can be executed.</summary>
/// <param name="Status"><c>complete</c>, <c>incomplete</c> or <c>invalid</c>.</param>
/// <param name="Indent">Indentation of the next line where incomplete.</param>
public sealed record Completeness(string Status, string Indent = "");
