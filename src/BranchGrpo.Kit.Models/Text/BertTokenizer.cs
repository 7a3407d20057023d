using System.Globalization;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>BERT's WordPiece tokenizer, uncased: [CLS], the text's pieces, [SEP], padding. ImageReward's is the one with [DEC] and [ENC] added.</summary>
/// <remarks>The longest-match split of a word is Microsoft.ML.Tokenizers'. Cleaning and splitting into words are ours: its own are over UTF-16 units and need a
/// globalisation library for accents.</remarks>
public sealed class BertTokenizer
{
    /// <summary>Words of more characters are unknown.</summary>
    private const int LongestWord = 100;

    private readonly WordPieceTokenizer words;
    private readonly AddedTokens added;
    private readonly int unknown;
    private readonly bool lower;
    private readonly bool strip;

    private BertTokenizer(string path, TokenizerFiles files, IReadOnlyList<string> more)
    {
        var vocabulary = File.ReadAllLines(path);
        lower = files.Flag("do_lower_case", true);
        strip = files.Flag("strip_accents", lower);
        if (!files.Flag("tokenize_chinese_chars", true))
            throw new InvalidDataException($"{path}: expected tokenize_chinese_chars true (every published BERT of the kit).");
        var unknownToken = files.Token("unk_token") ?? "[UNK]";
        unknown = Known(unknownToken);
        (StartId, EndId, PaddingId) = (Known(files.Token("cls_token") ?? "[CLS]"), Known(files.Token("sep_token") ?? "[SEP]"),
            Known(files.Token("pad_token") ?? "[PAD]"));
        string[] named = [unknownToken, vocabulary[StartId], vocabulary[EndId], vocabulary[PaddingId], files.Token("mask_token") ?? "[MASK]"];
        added = new AddedTokens(named.Where(vocabulary.Contains).Select(t => KeyValuePair.Create(t, Known(t)))
            .Concat(more.Select((token, i) => KeyValuePair.Create(token, vocabulary.Length + i))));
        words = WordPieceTokenizer.Create(path, new WordPieceOptions
        {
            UnknownToken = unknownToken, MaxInputCharsPerWord = 2 * LongestWord, PreTokenizer = null, Normalizer = null,
        });

        int Known(string token) => Array.LastIndexOf(vocabulary, token) is >= 0 and var at ? at
            : throw new InvalidDataException($"{path} has no entry '{token}'.");
    }

    /// <summary>Id of [CLS].</summary>
    public int StartId { get; }

    /// <summary>Id of [SEP].</summary>
    public int EndId { get; }

    /// <summary>Id of [PAD].</summary>
    public int PaddingId { get; }

    /// <summary>Opens <c>vocab.txt</c>, one entry a line.</summary>
    /// <param name="path">The file, or a folder with it and, if there is one, <c>tokenizer_config.json</c>.</param>
    /// <param name="added">Tokens that follow the vocabulary, recognised in a text as they stand.</param>
    public static BertTokenizer Load(string path, params IReadOnlyList<string> added)
    {
        var folder = Directory.Exists(path);
        return new BertTokenizer(folder ? Path.Combine(path, "vocab.txt") : path, new TokenizerFiles(folder ? path
            : Path.GetDirectoryName(Path.GetFullPath(path))!), added);
    }

    /// <summary>ImageReward's: [DEC] and [ENC] follow the vocabulary.</summary>
    public static BertTokenizer LoadBlip(string path) => Load(path, "[DEC]", "[ENC]");

    /// <summary>Ids of a text with [CLS] and [SEP], as many as fit and no padding.</summary>
    /// <param name="text">A prompt.</param>
    /// <param name="length">The most ids; [SEP] is kept.</param>
    public int[] Ids(string text, int length = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 2);
        var ids = new List<int> { StartId };
        foreach (var (part, id) in added.Cut(text))
        {
            if (id is { } token) ids.Add(token);
            else foreach (var word in Words(part)) AddPieces(word, ids);
        }
        return [.. ids.Take(length - 1), EndId];
    }

    /// <summary>A row for the text encoder. Its attention mask is 1 for the first <paramref name="count"/> positions.</summary>
    /// <param name="text">A prompt.</param>
    /// <param name="length">Of the row; ImageReward takes 35.</param>
    /// <param name="count">Ids before the padding.</param>
    /// <returns>Shape [length].</returns>
    public long[] Encode(string text, int length, out int count)
    {
        var ids = Ids(text, length);
        count = ids.Length;
        var row = new long[length];
        Array.Fill(row, PaddingId);
        for (var i = 0; i < ids.Length; i++) row[i] = ids[i];
        return row;
    }

    private void AddPieces(string word, List<int> ids)
    {
        if (word.EnumerateRunes().Count() > LongestWord) ids.Add(unknown);
        else ids.AddRange(words.EncodeToIds(word, considerPreTokenization: false, considerNormalization: false));
    }

    // The reference lower-cases one character at a time before it cleans the text, so that there is no final sigma.
    private IEnumerable<string> Words(string text)
    {
        if (lower) text = UnicodeText.LowerEach(text);
        foreach (var token in UnicodeText.Words(UnicodeText.Nfc(UnicodeText.Clean(text))))
        {
            var word = new StringBuilder();
            foreach (var rune in (strip ? UnicodeText.Nfd(token) : token).EnumerateRunes())
            {
                var category = Rune.GetUnicodeCategory(rune);
                if (strip && category == UnicodeCategory.NonSpacingMark) continue;
                if (!IsPunctuation(rune.Value, category))
                {
                    word.Append(rune.ToString());
                    continue;
                }
                if (word.Length > 0) yield return word.ToString();
                word.Clear();
                yield return rune.ToString();
            }
            if (word.Length > 0) yield return word.ToString();
        }
    }

    private static bool IsPunctuation(int c, UnicodeCategory category) =>
        c is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126)
        || category is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;
}
