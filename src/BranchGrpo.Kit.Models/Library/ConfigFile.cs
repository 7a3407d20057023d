using System.Text.Json;

namespace BranchGrpo.Kit.Models.Library;

/// <summary>Configuration files, read far enough to tell models apart.</summary>
internal static class ConfigFile
{
    private const long Largest = 16 << 20;

    /// <summary>The object in a JSON file; null if there is no such file.</summary>
    /// <exception cref="InvalidDataException">It is no JSON object; the message says where.</exception>
    public static JsonElement? Read(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists) return null;
        if (file.Length > Largest) throw new InvalidDataException($"{path} has {file.Length} bytes; a configuration is smaller than {Largest}");
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new InvalidDataException($"{path} holds a JSON {document.RootElement.ValueKind}; a configuration is an object");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is not JSON: {e.Message}", e);
        }
    }

    /// <summary>A text of an object; null if it has none of that name.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A whole number of an object; null if it has none of that name.</summary>
    public static long? Number(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    /// <summary>An object in an object; null if it has none of that name.</summary>
    public static JsonElement? Part(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;
}
