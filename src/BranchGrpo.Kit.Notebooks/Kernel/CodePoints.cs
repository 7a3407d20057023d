using System.Text;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>Jupyter counts characters as Unicode code points, .NET as UTF-16 units.</summary>
internal static class CodePoints
{
    /// <summary>Code points before a place.</summary>
    public static int Count(string text, int index)
    {
        var count = 0;
        foreach (var _ in text.AsSpan(0, Math.Clamp(index, 0, text.Length)).EnumerateRunes()) count++;
        return count;
    }

    /// <summary>The place after a number of code points; the end of the text where it has fewer.</summary>
    public static int Index(string text, int count)
    {
        var index = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (count-- <= 0) break;
            index += rune.Utf16SequenceLength;
        }
        return index;
    }
}
