using System.Text;
using System.Text.Json;

namespace BranchGrpo.Kit.Models.Library.Tiny;

/// <summary>Small vocabularies in the published file formats. Every text has tokens: bytes, or letters, are always among them.</summary>
internal static class TinyVocabularies
{
    private const string Start = "<|startoftext|>", End = "<|endoftext|>";

    /// <summary>Byte-pair merges that build each word from its left end, with the bytes first and the two special tokens last.</summary>
    /// <param name="folder">Gets <c>vocab.json</c>, <c>merges.txt</c>, <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c>.</param>
    /// <param name="padding">The end token for CLIP-L, <c>!</c> for the second tokenizer of SD3.</param>
    /// <returns>Size of the vocabulary; start and end token are the last two ids.</returns>
    public static int WriteClip(string folder, string padding = End)
    {
        string[] bytes = [.. Enumerable.Range(0, 256).OrderBy(b => !IsPrintable(b)).Select(Symbol)];
        var merges = new List<(string Left, string Right)>();
        foreach (var word in TinyWords.All)
        {
            string[] symbols = [.. word[..^1].Select(c => c.ToString()), word[^1] + "</w>"];
            var left = symbols[0];
            foreach (var right in symbols[1..])
            {
                if (!merges.Contains((left, right))) merges.Add((left, right));
                left += right;
            }
        }
        string[] tokens = [.. bytes, .. bytes.Select(b => b + "</w>"), .. merges.Select(m => m.Left + m.Right), Start, End];
        Directory.CreateDirectory(folder);
        WriteJson(Path.Combine(folder, "vocab.json"), tokens.Select((token, id) => (token, id)).ToDictionary(t => t.token, t => t.id));
        File.WriteAllText(Path.Combine(folder, "merges.txt"),
            "#version: 0.2\n" + string.Concat(merges.Select(m => $"{m.Left} {m.Right}\n")));
        Dictionary<string, string> special = new()
        {
            ["bos_token"] = Start, ["eos_token"] = End, ["pad_token"] = padding, ["unk_token"] = End,
        };
        WriteJson(Path.Combine(folder, "special_tokens_map.json"), special);
        var settings = special.Select(s => KeyValuePair.Create(s.Key, (object)s.Value));
        WriteJson(Path.Combine(folder, "tokenizer_config.json"), new Dictionary<string, object>(settings)
        {
            ["add_prefix_space"] = false, ["do_lower_case"] = true, ["model_max_length"] = 77, ["tokenizer_class"] = "CLIPTokenizer",
        });
        return tokens.Length;
    }

    /// <summary>A unigram model: pad, end, unknown, then characters and words.</summary>
    /// <param name="folder">Gets <c>spiece.model</c> and <c>tokenizer_config.json</c>.</param>
    /// <returns>Rows of an embedding that covers the pieces and the hundred sentinels after them.</returns>
    public static int WriteT5(string folder)
    {
        Directory.CreateDirectory(folder);
        var model = new SentencePieceFile();
        foreach (var word in TinyWords.All) model.Add("\u2581" + word, -4);
        model.Add("\u2581", -5);
        for (var c = '!'; c <= '~'; c++) model.Add(c.ToString(), -6);
        model.Write(Path.Combine(folder, "spiece.model"));
        WriteJson(Path.Combine(folder, "tokenizer_config.json"), new Dictionary<string, object>
        {
            ["eos_token"] = "</s>", ["unk_token"] = "<unk>", ["pad_token"] = "<pad>", ["extra_ids"] = 100, ["model_max_length"] = 512,
            ["tokenizer_class"] = "T5Tokenizer",
        });
        return model.Count + 100;
    }

    /// <summary>A WordPiece list: special tokens, characters at the beginning and inside of words, words.</summary>
    /// <param name="path">The <c>vocab.txt</c>.</param>
    /// <returns>Size of the vocabulary with the two tokens that ImageReward adds.</returns>
    public static int WriteBert(string path)
    {
        string[] characters = [.. Enumerable.Range('!', '~' - '!' + 1).Select(c => (char)c).Where(c => !char.IsAsciiLetterUpper(c)).Select(c => c.ToString())];
        string[] inside = [.. characters.Where(c => char.IsAsciiLetterOrDigit(c[0])).Select(c => "##" + c)];
        string[] tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. characters, .. inside, .. TinyWords.All.Where(w => w.Length > 1)];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, string.Concat(tokens.Select(t => t + "\n")));
        return tokens.Length + 2;
    }

    /// <summary>Objects of configurations, indented as they are published.</summary>
    public static void WriteJson<T>(string path, T value)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, JsonSerializer.Serialize(value, Indented) + "\n", new UTF8Encoding(false));
    }

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The printable character that stands for a byte in byte-level vocabularies.</summary>
    private static string Symbol(int b) =>
        ((char)(IsPrintable(b) ? b : 256 + Enumerable.Range(0, b).Count(other => !IsPrintable(other)))).ToString();

    private static bool IsPrintable(int b) => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
}
