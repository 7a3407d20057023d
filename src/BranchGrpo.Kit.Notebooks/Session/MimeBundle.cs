namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>A value in the forms in which it can be shown.</summary>
/// <param name="Data">Text by MIME type; pictures in base64.</param>
public sealed record MimeBundle(IReadOnlyDictionary<string, string> Data)
{
    /// <summary>Plain text alone.</summary>
    public static MimeBundle Text(string text) => new(new Dictionary<string, string> { ["text/plain"] = text });
}
