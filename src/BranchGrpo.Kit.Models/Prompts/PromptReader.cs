namespace BranchGrpo.Kit.Models.Prompts;

/// <summary>What a reader found at one line: a prompt, or why there is none.</summary>
internal readonly record struct PromptLine(long Line, string? Text, string? Problem);

/// <summary>Prompts of a file one after the other, of whatever form; no more than a few lines are in memory.</summary>
internal static class PromptReader
{
    /// <param name="path">An array of texts or of objects in JSON, a JSON object a line, or a prompt a line: by the name's ending, else by the first
    /// character.</param>
    public static IEnumerable<PromptLine> Read(string path)
    {
        using var file = File.OpenRead(path);
        var first = FirstCharacter(file);
        var ending = Path.GetExtension(path).ToLowerInvariant();
        if (ending == ".json" || ending is not (".txt" or ".jsonl") && first == '[')
        {
            using var json = new JsonPromptReader(file);
            foreach (var line in json.Read()) yield return line;
            yield break;
        }
        var objects = ending == ".jsonl" || ending != ".txt" && first == '{';
        foreach (var line in LineReader.Read(file)) yield return objects ? JsonPromptReader.Object(line) : line;
    }

    /// <summary>The first character that is no white space; the file is back at its start, after a byte order mark.</summary>
    private static int FirstCharacter(FileStream file)
    {
        Span<byte> mark = stackalloc byte[3];
        var start = file.ReadAtLeast(mark, 3, throwOnEndOfStream: false) == 3 && mark.SequenceEqual<byte>([0xEF, 0xBB, 0xBF]) ? 3 : 0;
        file.Position = start;
        int character;
        do character = file.ReadByte();
        while (character is ' ' or '\t' or '\r' or '\n');
        file.Position = start;
        return character;
    }
}
