using System.Text.RegularExpressions;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>CLIP's byte-pair tokenizer: a start token, the text's ids, an end token, padding.</summary>
public sealed class ClipTokenizer
{
    private const string Pieces = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

    // Where the reference ignores case, U+0345, a mark whose capital is a letter, is in no class and is dropped.
    private const string CaselessPieces = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}\u0345]+";

    private readonly ClipVariant variant;
    private readonly BytePairs pairs;
    private readonly AddedTokens added;
    private readonly CodePointPattern pattern;
    private readonly (string Start, string End) written;

    private ClipTokenizer(ClipVariant variant, BytePairs pairs, TokenizerFiles files)
    {
        (this.variant, this.pairs) = (variant, pairs);
        var (start, end) = (files.Token("bos_token") ?? "<|startoftext|>", files.Token("eos_token") ?? "<|endoftext|>");
        (StartId, EndId) = (Known(start), Known(end));
        PaddingId = variant.PaddingId ?? Known(files.Token("pad_token") ?? end);
        var open = variant == ClipVariant.OpenClip;
        written = open ? ("<start_of_text>", "<end_of_text>") : (start, end);
        // open_clip has no tokens but those of its pattern.
        added = new AddedTokens(open ? [] : new[] { start, end, files.Token("unk_token") ?? end, files.Token("pad_token") ?? end }
            .Select(token => KeyValuePair.Create(token, Known(token))));
        pattern = variant.CutsAfterCleaning
            ? new CodePointPattern(Pieces, longS: false)
            : new CodePointPattern($"(?i:{Regex.Escape(written.Start)}|{Regex.Escape(written.End)})|{CaselessPieces}", longS: true);

        int Known(string token) => pairs.Find(token) ?? throw new InvalidDataException($"The CLIP vocabulary has no entry '{token}'.");
    }

    /// <summary>Id of the start token.</summary>
    public int StartId { get; }

    /// <summary>Id of the end token.</summary>
    public int EndId { get; }

    /// <summary>Id that fills a row after the end token: 0 in open_clip, the padding token of the files otherwise.</summary>
    public int PaddingId { get; }

    /// <summary>Opens a folder with <c>vocab.json</c>, <c>merges.txt</c> and, if there are any, <c>tokenizer_config.json</c> and
    /// <c>special_tokens_map.json</c>.</summary>
    /// <param name="folder">A pipeline's <c>tokenizer</c> folder.</param>
    /// <param name="variant">Which of the published implementations to follow.</param>
    /// <param name="vocabulary">Where vocabulary and merges are, if elsewhere.</param>
    public static ClipTokenizer Load(string folder, ClipVariant variant, string? vocabulary = null) =>
        new(variant, BytePairs.Load(vocabulary ?? folder, "</w>"), new TokenizerFiles(folder));

    /// <summary>Ids of a text, without start and end, not cut.</summary>
    public int[] Content(string text)
    {
        var ids = new List<int>();
        foreach (var (part, id) in added.Cut(variant.CutsAfterCleaning ? variant.Clean(text) : text))
        {
            if (id is { } token)
            {
                ids.Add(token);
                continue;
            }
            foreach (var piece in pattern.Matches(variant.CutsAfterCleaning ? part : variant.Clean(part)))
            {
                if (piece == written.Start) ids.Add(StartId);
                else if (piece == written.End) ids.Add(EndId);
                else ids.AddRange(pairs.Encode(piece));
            }
        }
        return [.. ids];
    }

    /// <summary>A row for the text encoder: start, as much of the text as fits, end, padding.</summary>
    /// <param name="text">A prompt.</param>
    /// <param name="length">Of the row; CLIP was trained with 77.</param>
    /// <returns>Shape [length].</returns>
    public long[] Encode(string text, int length = 77)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 2);
        var content = Content(text).AsSpan();
        if (content.Length > length - 2) content = content[..(length - 2)];
        var row = new long[length];
        Array.Fill(row, PaddingId);
        row[0] = StartId;
        for (var i = 0; i < content.Length; i++) row[i + 1] = content[i];
        row[content.Length + 1] = EndId;
        return row;
    }
}
