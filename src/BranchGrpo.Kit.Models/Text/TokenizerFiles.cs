using System.Text.Json;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>Entries of a tokenizer's <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c>. A special token is a text, or an object with
/// one.</summary>
internal sealed class TokenizerFiles
{
    private readonly JsonElement[] files;

    /// <param name="folder">Files that are not there are taken for empty.</param>
    public TokenizerFiles(string folder) => files = [.. new[] { "tokenizer_config.json", "special_tokens_map.json" }
        .Select(f => Path.Combine(folder, f)).Where(File.Exists).Select(Parse)];

    /// <summary>Text of a special token such as <c>pad_token</c>.</summary>
    public string? Token(string name)
    {
        foreach (var file in files)
        {
            if (!file.TryGetProperty(name, out var value)) continue;
            if (value.ValueKind == JsonValueKind.String) return value.GetString();
            if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("content", out var content)) return content.GetString();
        }
        return null;
    }

    /// <summary>A number such as <c>extra_ids</c>.</summary>
    public int Int(string name, int otherwise)
    {
        foreach (var file in files)
            if (file.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)) return number;
        return otherwise;
    }

    /// <summary>Whether an entry is true.</summary>
    public bool Flag(string name, bool otherwise)
    {
        foreach (var file in files)
            if (file.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        return otherwise;
    }

    /// <summary>The tokens of <c>added_tokens_decoder</c>, with their ids.</summary>
    public IEnumerable<KeyValuePair<string, int>> Added()
    {
        foreach (var file in files)
            if (file.TryGetProperty("added_tokens_decoder", out var added) && added.ValueKind == JsonValueKind.Object)
                foreach (var entry in added.EnumerateObject())
                    if (entry.Value.TryGetProperty("content", out var content)) yield return new(content.GetString()!, int.Parse(entry.Name));
    }

    private static JsonElement Parse(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        return document.RootElement.Clone();
    }
}
