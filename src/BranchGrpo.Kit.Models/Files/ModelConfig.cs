using System.Text.Json;

namespace BranchGrpo.Kit.Models.Files;

/// <summary>The config.json of a model. A key that is absent or null has the default of the published class; a key of another type is
/// refused.</summary>
/// <param name="name">What was read, for messages.</param>
/// <param name="root">Its JSON object.</param>
internal sealed class ModelConfig(string name, JsonElement root)
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is no JSON object.</exception>
    public static ModelConfig Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new(path, document.RootElement.Clone())
                : throw new InvalidDataException($"{path}: expected a JSON object, found {document.RootElement.ValueKind}");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is not JSON: {e.Message}", e);
        }
    }

    public bool Has(string key) => Find(key) is not null;

    public long Long(string key, long otherwise) => Number(key) is not { } value ? otherwise
        : value.TryGetInt64(out var number) ? number : throw Refused(key, "a whole number", value);

    public int Int(string key, int otherwise) => Long(key, otherwise) is >= int.MinValue and <= int.MaxValue and var number ? (int)number
        : throw Refused(key, "a smaller number", Find(key)!.Value);

    /// <summary>A whole number that has no default.</summary>
    public long Long(string key) => Has(key) ? Long(key, 0) : throw Refused(key, "a whole number", "none");

    public double Double(string key, double otherwise) => Number(key)?.GetDouble() ?? otherwise;

    public bool Flag(string key, bool otherwise) => Find(key) is not { } value ? otherwise
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Refused(key, "true or false", value);

    public string? Text(string key) => Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Refused(key, "a text", value);

    /// <summary>A list of whole numbers; a single number is a list of one.</summary>
    public IReadOnlyList<long> Longs(string key, params long[] otherwise)
    {
        if (Find(key) is not { } value) return otherwise;
        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        return [.. items.Select(i => i.ValueKind == JsonValueKind.Number && i.TryGetInt64(out var n) ? n : throw Refused(key, "whole numbers", value))];
    }

    /// <summary>A list of numbers.</summary>
    public IReadOnlyList<double> Doubles(string key, params double[] otherwise) => Find(key) is not { } value ? otherwise
        : value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(i => i.ValueKind == JsonValueKind.Number)
            ? [.. value.EnumerateArray().Select(i => i.GetDouble())] : throw Refused(key, "a list of numbers", value);

    /// <summary>A list of texts.</summary>
    public IReadOnlyList<string> Texts(string key, params string[] otherwise) => Find(key) is not { } value ? otherwise
        : value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(i => i.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(i => i.GetString()!)] : throw Refused(key, "a list of texts", value);

    /// <summary>An object in the object, such as <c>text_config</c>.</summary>
    public ModelConfig? Part(string key) => Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new($"{name}, {key}", value) : throw Refused(key, "an object", value);

    /// <summary>Refuses variants that this kit has no code for: each key is absent or has the value with which it changes nothing.</summary>
    public void Only(params (string Key, string Value)[] neutral)
    {
        foreach (var (key, expected) in neutral)
            if (Find(key) is { } value && !value.ToString().Equals(expected, StringComparison.OrdinalIgnoreCase))
                throw Refused(key, expected.Length > 0 ? expected : "absent", value);
    }

    /// <summary>Refuses a text that this kit has no code for.</summary>
    public void Expect(string key, string otherwise, params string[] known)
    {
        var text = Text(key) ?? otherwise;
        if (!known.Contains(text)) throw new InvalidDataException($"{name}: {key} must be {string.Join(" or ", known)}, got {text}");
    }

    /// <summary>Says what was expected of a key and what came.</summary>
    public InvalidDataException Refused(string key, string expected, object came) => new($"{name}: {key} must be {expected}, got {came}");

    private JsonElement? Number(string key) => Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number ? value : throw Refused(key, "a number", value);

    private JsonElement? Find(string key) => root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
