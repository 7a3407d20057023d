using System.Text;
using System.Text.Json;
using Microsoft.ML.Tokenizers;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>Byte-level pair encoding with the files <c>vocab.json</c> and <c>merges.txt</c>. The merging is Microsoft.ML.Tokenizers'; splitting, cleaning and
/// special tokens, which it does per UTF-16 unit, are ours.</summary>
internal sealed class BytePairs
{
    private static readonly char[] Printable = Alphabet();

    private readonly BpeTokenizer merging;
    private readonly Dictionary<string, int> vocabulary;

    private BytePairs(BpeTokenizer merging, Dictionary<string, int> vocabulary) => (this.merging, this.vocabulary) = (merging, vocabulary);

    /// <summary>Number of entries.</summary>
    public int Count => vocabulary.Count;

    /// <summary>Opens <c>vocab.json</c> and <c>merges.txt</c> of a folder.</summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="wordEnd">Appended to the last symbol of every piece; empty for none.</param>
    public static BytePairs Load(string folder, string wordEnd)
    {
        var path = Path.Combine(folder, "vocab.json");
        var vocabulary = JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(path)) ?? throw new InvalidDataException($"{path} is empty.");
        var missing = Printable.Select(c => c + wordEnd).Concat(Printable.Select(c => c.ToString())).Where(s => !vocabulary.ContainsKey(s)).Take(5).ToArray();
        if (missing.Length > 0) throw new InvalidDataException($"{path}: not a byte-level vocabulary, it lacks {string.Join(" ", missing)}.");
        var merges = File.ReadLines(Path.Combine(folder, "merges.txt")).Where(line => line.Length > 0
            && !line.StartsWith("#version", StringComparison.Ordinal));
        var options = new BpeOptions(vocabulary) { Merges = [.. merges], EndOfWordSuffix = wordEnd.Length > 0 ? wordEnd : null };
        return new BytePairs(BpeTokenizer.Create(options), vocabulary);
    }

    /// <summary>Id of an entry as it stands in the vocabulary.</summary>
    public int? Find(string entry) => vocabulary.TryGetValue(entry, out var id) ? id : null;

    /// <summary>Ids of one piece of text: its UTF-8 bytes as printable characters, merged by rank.</summary>
    public IReadOnlyList<int> Encode(string piece)
    {
        var bytes = Encoding.UTF8.GetBytes(piece);
        return merging.EncodeToIds(string.Create(bytes.Length, bytes, static (span, b) =>
        {
            for (var i = 0; i < b.Length; i++) span[i] = Printable[b[i]];
        }), considerPreTokenization: false, considerNormalization: false);
    }

    // Bytes that print in Latin-1 stand for themselves, the others for U+0100 onwards in their order.
    private static char[] Alphabet()
    {
        var alphabet = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++) alphabet[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? (char)b : (char)next++;
        return alphabet;
    }
}
