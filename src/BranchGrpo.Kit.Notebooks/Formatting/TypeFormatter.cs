namespace BranchGrpo.Kit.Notebooks;

/// <summary>One form of a value; kernels call it by its members' names.</summary>
/// <param name="mimeType">E.g. <c>text/html</c>.</param>
/// <param name="text">The form's text.</param>
internal sealed class TypeFormatter<T>(string mimeType, Func<T, string> text)
{
    public string MimeType { get; } = mimeType;

    public bool Format(object value, TextWriter writer)
    {
        if (value is not T known) return false;
        writer.Write(text(known));
        return true;
    }
}
