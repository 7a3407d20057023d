namespace BranchGrpo.Kit.Models.Prompts;

/// <summary>Prompts to train on and prompts that are never trained on.</summary>
/// <param name="Training">In the order of the file.</param>
/// <param name="Evaluation">In the order of the file. No text of it is in <paramref name="Training"/>.</param>
public sealed record PromptSplit(IReadOnlyList<Prompt> Training, IReadOnlyList<Prompt> Evaluation);
