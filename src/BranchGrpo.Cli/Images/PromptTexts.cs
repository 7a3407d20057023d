using BranchGrpo.Kit.Models.Prompts;

namespace BranchGrpo.Cli.Images;

/// <summary>Prompts as they are typed: texts, or one prompt file.</summary>
internal static class PromptTexts
{
    /// <summary>The prompts.</summary>
    /// <param name="given">Texts, or the path of a file.</param>
    /// <param name="most">Of a file.</param>
    public static IReadOnlyList<string> Of(string[] given, int most)
    {
        if (given is []) throw new Failure("--prompts is needed: texts in quotes, or a prompt file");
        if (given is not [var path] || !(File.Exists(path) || Directory.Exists(path))) return given;
        return Read(path, most);
    }

    /// <summary>The first different prompts of a file, styles in turn; bad lines are told.</summary>
    public static IReadOnlyList<string> Read(string path, int most)
    {
        if (!File.Exists(path) && !Directory.Exists(path)) throw new Failure($"no prompt file {path}");
        var file = PromptFile.Read(path);
        ImageAnnouncement.PrintProblems(file);
        return [.. Interleaved(file.Prompts).Distinct().Take(most)];
    }

    /// <summary>The texts, one of each style in turn.</summary>
    public static IEnumerable<string> Interleaved(IReadOnlyList<Prompt> prompts) => prompts.GroupBy(p => p.Style)
        .SelectMany(style => style.Index()).OrderBy(p => p.Index).Select(p => p.Item.Text);
}
