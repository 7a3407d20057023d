using System.Text.RegularExpressions;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>Tokens that are recognised in a text as they stand, before it is cleaned and split: at each place the longest, from left to right.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    private readonly Regex? any;

    /// <param name="tokens">Texts and ids; the first of equal texts counts.</param>
    public AddedTokens(IEnumerable<KeyValuePair<string, int>> tokens)
    {
        foreach (var (token, id) in tokens)
            if (token.Length > 0) ids.TryAdd(token, id);
        if (ids.Count > 0)
            any = new Regex(string.Join('|', ids.Keys.OrderByDescending(k => k.Length).Select(Regex.Escape)),
                RegexOptions.CultureInvariant | RegexOptions.Compiled);
    }

    /// <summary>Id of a token, if it is one.</summary>
    public bool TryGet(string token, out int id) => ids.TryGetValue(token, out id);

    /// <summary>The text in parts: tokens with their ids, and what is between them, which is never empty.</summary>
    public IEnumerable<(string Text, int? Id)> Cut(string text)
    {
        var start = 0;
        for (var match = any?.Match(text); match is { Success: true }; match = match.NextMatch())
        {
            if (match.Index > start) yield return (text[start..match.Index], null);
            yield return (match.Value, ids[match.Value]);
            start = match.Index + match.Length;
        }
        if (start < text.Length) yield return (text[start..], null);
    }
}
