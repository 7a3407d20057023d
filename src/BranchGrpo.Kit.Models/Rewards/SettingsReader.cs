using System.Text.Json;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>Values of a configuration file, with the defaults of the library that wrote it: a key that is absent or null has its default.</summary>
internal static class SettingsReader
{
    /// <summary>The object of a JSON file.</summary>
    public static JsonElement Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path));
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not JSON: {e.Message}", e);
        }
        throw new InvalidDataException($"{path}: expected a JSON object");
    }

    extension(JsonElement settings)
    {
        /// <summary>The object of that name; null where there is none.</summary>
        public JsonElement? Section(string name) =>
            settings.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

        /// <summary>A whole number; the default, or an error without one, where there is none.</summary>
        public long Whole(string name, long? otherwise = null) => settings.Present(name) is not { } value
            ? otherwise ?? throw new InvalidDataException($"expected a whole number \"{name}\", found none")
            : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var whole) ? whole
            : throw Wrong(name, "a whole number", value);

        /// <summary>A number; the default where there is none.</summary>
        public double Number(string name, double otherwise) => settings.Present(name) is not { } value ? otherwise
            : value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw Wrong(name, "a number", value);

        /// <summary>A text; the default where there is none.</summary>
        public string Text(string name, string otherwise) => settings.Present(name) is not { } value ? otherwise
            : value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(name, "a text", value);

        /// <summary>True or false; the default where there is none.</summary>
        public bool Flag(string name, bool otherwise = false) => settings.Present(name) is not { } value ? otherwise
            : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(name, "true or false", value);

        /// <summary>Height and width, given as one number or as two.</summary>
        public (long Height, long Width) Sides(string name, long otherwise)
        {
            if (settings.Present(name) is not { } value) return (otherwise, otherwise);
            if (value.ValueKind != JsonValueKind.Array) return settings.Whole(name) is var side ? (side, side) : default;
            return value.GetArrayLength() == 2 && value[0].TryGetInt64(out var height) && value[1].TryGetInt64(out var width) ? (height, width)
                : throw Wrong(name, "one number, or height and width", value);
        }

        /// <summary>Refuses variants that are not implemented: each key must be absent or have the value under which it changes nothing.</summary>
        public void Only(params (string Name, string Value)[] neutral)
        {
            foreach (var (name, expected) in neutral)
                if (settings.Present(name) is { } value && value.ToString() is var found && !found.Equals(expected, StringComparison.OrdinalIgnoreCase))
                    throw new NotSupportedException($"\"{name}\": {found} is not supported, only {expected}");
        }

        private JsonElement? Present(string name) =>
            settings.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private static InvalidDataException Wrong(string name, string expected, JsonElement found) =>
        new($"\"{name}\": expected {expected}, found {found.GetRawText()}");
}
