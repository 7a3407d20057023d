using System.Text.Json;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>Byte-level pair encoding of Qwen2 and Qwen2-VL. Nothing is added at the ends.</summary>
public sealed class Qwen2Tokenizer
{
    private static readonly CodePointPattern Pieces = new(
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", longS: true);

    private readonly BytePairs pairs;
    private readonly AddedTokens added;

    private Qwen2Tokenizer(BytePairs pairs, AddedTokens added) => (this.pairs, this.added) = (pairs, added);

    /// <summary>Opens a folder with <c>vocab.json</c>, <c>merges.txt</c>, and the special tokens in <c>tokenizer_config.json</c> or
    /// <c>added_tokens.json</c>.</summary>
    public static Qwen2Tokenizer Load(string folder)
    {
        var tokens = new TokenizerFiles(folder).Added().ToList();
        var path = Path.Combine(folder, "added_tokens.json");
        if (File.Exists(path)) tokens.AddRange(JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(path)) ?? []);
        return new Qwen2Tokenizer(BytePairs.Load(folder, ""), new AddedTokens(tokens));
    }

    /// <summary>Id of a special token such as <c>&lt;|VQ_reward|&gt;</c>.</summary>
    /// <exception cref="KeyNotFoundException">Not among the tokenizer's special tokens.</exception>
    public int Special(string token) => added.TryGet(token, out var id) ? id : throw new KeyNotFoundException($"The tokenizer has no special token '{token}'.");

    /// <summary>Ids of a text, special tokens in it recognised as they stand.</summary>
    public int[] Ids(string text)
    {
        var ids = new List<int>();
        foreach (var (part, id) in added.Cut(text))
        {
            if (id is { } token) ids.Add(token);
            else foreach (var piece in Pieces.Matches(UnicodeText.Nfc(part))) ids.AddRange(pairs.Encode(piece));
        }
        return [.. ids];
    }
}
