using System.Text;

namespace BranchGrpo.Kit.Models.Prompts;

/// <summary>Lines of a text file, however long they are: of a line beyond the limit only its length is kept.</summary>
internal static class LineReader
{
    private const int LongestBytes = 4 * PromptRules.Longest;

    public static IEnumerable<PromptLine> Read(Stream file)
    {
        var buffer = new byte[1 << 16];
        var line = new MemoryStream();
        var (number, length) = (1L, 0L);
        for (int count; (count = file.Read(buffer)) > 0;)
            for (var start = 0; start < count;)
            {
                var end = Array.IndexOf(buffer, (byte)'\n', start, count - start);
                var part = (end < 0 ? count : end) - start;
                length += part;
                if (length <= LongestBytes) line.Write(buffer, start, part);
                start += part + 1;
                if (end < 0) continue;
                yield return Take(number++, line, length);
                length = 0;
            }
        if (length > 0) yield return Take(number, line, length);
    }

    private static PromptLine Take(long number, MemoryStream line, long length)
    {
        var text = Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length).Trim();
        line.SetLength(0);
        return length > LongestBytes ? new(number, null, $"expected at most {PromptRules.Longest} characters, found {length} bytes") : new(number, text, null);
    }
}
