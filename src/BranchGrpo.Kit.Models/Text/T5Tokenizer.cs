using System.Text.Json;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>SentencePiece tokenizer of T5 and UMT5: the text's pieces, an end token, padding. Never a start token.</summary>
public sealed class T5Tokenizer
{
    private readonly T5Variant variant;
    private readonly PieceModel model;
    private readonly AddedTokens added;
    private readonly HashSet<int> swallowing = [];

    private T5Tokenizer(T5Variant variant, PieceModel model, TokenizerFiles files)
    {
        (this.variant, this.model) = (variant, model);
        var (end, padding) = (files.Token("eos_token") ?? "</s>", files.Token("pad_token") ?? "<pad>");
        (EndId, PaddingId) = (Known(end), Known(padding));
        var extra = files.Int("extra_ids", 100);
        var tokens = new List<KeyValuePair<string, int>> { new(end, EndId), new(padding, PaddingId),
            new(files.Token("unk_token") ?? "<unk>", model.UnknownId) };
        for (var n = 0; n < extra; n++)
        {
            // The last extra token comes first after the pieces.
            tokens.Add(new($"<extra_id_{n}>", model.Count + extra - 1 - n));
            swallowing.Add(tokens[^1].Value);
        }
        added = new AddedTokens(variant == T5Variant.SentencePiece ? [] : tokens);

        int Known(string token) => model.Pieces.TryGetValue(token, out var id) ? id : throw new InvalidDataException($"The model has no piece '{token}'.");
    }

    /// <summary>Id of the end token.</summary>
    public int EndId { get; }

    /// <summary>Id that fills a row after the end token.</summary>
    public int PaddingId { get; }

    /// <summary>Opens a folder with <c>spiece.model</c> and, if there are any, <c>tokenizer_config.json</c> and <c>tokenizer.json</c>.</summary>
    /// <param name="folder">A pipeline's <c>tokenizer_2</c> or <c>tokenizer_3</c> folder.</param>
    /// <param name="variant">Which of the published implementations to follow; null for the fast one, in the form that <c>tokenizer.json</c> has.</param>
    public static T5Tokenizer Load(string folder, T5Variant? variant = null) =>
        new(variant ?? Form(Path.Combine(folder, "tokenizer.json")), PieceModel.Load(Path.Combine(folder, "spiece.model")), new TokenizerFiles(folder));

    /// <summary>Ids of a text, without end token, not cut.</summary>
    public int[] Content(string text)
    {
        text = UnicodeText.WellFormed(text);
        var ids = new List<int>();
        var parts = added.Cut(text).ToArray();
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i].Id is { } token) ids.Add(token);
            else ids.AddRange(Pieces(Swallow(parts, i)));
        }
        return [.. ids];
    }

    /// <summary>Ids of a text with the end token, as many as fit and no padding. The original library by itself has no end token.</summary>
    /// <param name="text">A prompt.</param>
    /// <param name="length">The most ids; the end token is kept.</param>
    public int[] Ids(string text, int length = 512)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        var content = Content(text);
        if (variant == T5Variant.SentencePiece) return content[..Math.Min(content.Length, length)];
        // The Python tokenizer does not end twice a text that ends with the end token.
        if (variant == T5Variant.Slow && content.Length > 0 && content[^1] == EndId) content = content[..^1];
        return [.. content.Take(length - 1), EndId];
    }

    /// <summary>A row for the text encoder: as much of the text as fits, end, padding.</summary>
    /// <param name="text">A prompt.</param>
    /// <param name="length">Of the row; FLUX.1 takes 512, Stable Diffusion 3 takes 256. The padded positions take part in attention there, so that the length
    /// changes the result.</param>
    /// <returns>Shape [length].</returns>
    public long[] Encode(string text, int length = 512)
    {
        var row = new long[length];
        Array.Fill(row, PaddingId);
        var ids = Ids(text, length);
        for (var i = 0; i < ids.Length; i++) row[i] = ids[i];
        return row;
    }

    private static T5Variant Form(string path)
    {
        if (!File.Exists(path)) return T5Variant.Fast;
        using var stream = File.OpenRead(path);
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.TryGetProperty("pre_tokenizer", out var form) && form.GetRawText().Contains("WhitespaceSplit", StringComparison.Ordinal)
            ? T5Variant.FastWhiteSpace
            : T5Variant.Fast;
    }

    private IEnumerable<int> Pieces(string text)
    {
        if (variant is T5Variant.Slow or T5Variant.SentencePiece) return model.Encode(PieceNormaliser.Original(model, text));
        var normal = PieceNormaliser.Fast(model, text);
        var words = variant == T5Variant.Fast ? [normal.Replace(' ', PieceNormaliser.Space)] : normal.Split((char[]?)null);
        return words.Where(w => w.Length > 0).SelectMany(Marked).SelectMany(word => model.Encode(word, useBytes: false));
    }

    // A word begins with the mark of a space; the text is cut before each mark.
    private static IEnumerable<string> Marked(string text)
    {
        if (text[0] != PieceNormaliser.Space) text = PieceNormaliser.Space + text;
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf(PieceNormaliser.Space, start + 1);
            if (end < 0) end = text.Length;
            yield return text[start..end];
            start = end;
        }
    }

    // Extra tokens take the white space around them.
    private string Swallow((string Text, int? Id)[] parts, int at)
    {
        var text = parts[at].Text;
        if (at > 0 && swallowing.Contains(parts[at - 1].Id!.Value)) text = text.TrimStart();
        if (at + 1 < parts.Length && swallowing.Contains(parts[at + 1].Id!.Value)) text = text.TrimEnd();
        return text;
    }
}
