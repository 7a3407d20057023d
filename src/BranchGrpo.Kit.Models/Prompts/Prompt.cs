namespace BranchGrpo.Kit.Models.Prompts;

/// <summary>A prompt and where it stood.</summary>
/// <param name="Text">Without white space around it.</param>
/// <param name="Style">anime, concept-art, paintings or photo in the HPDv2 benchmark, else null.</param>
/// <param name="Line">Line of its file, from 1. Of an object in JSON, the line where its prompt stands.</param>
public sealed record Prompt(string Text, string? Style, long Line);

/// <summary>A line that gave no prompt.</summary>
/// <param name="File">Name of the file.</param>
/// <param name="Line">From 1.</param>
/// <param name="Reason">What was expected and what stood there.</param>
public sealed record BadPromptLine(string File, long Line, string Reason)
{
    /// <summary>file:line: reason.</summary>
    public override string ToString() => $"{File}:{Line}: {Reason}";
}
