using System.Text.Json;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>Entries of a configuration that may be absent or null.</summary>
internal static class ConfigEntries
{
    public static int Int(this JsonElement json, string name, int otherwise) => Given(json, name, out var value) ? value.GetInt32() : otherwise;

    public static double Number(this JsonElement json, string name, double otherwise) => Given(json, name, out var value) ? value.GetDouble() : otherwise;

    public static string Text(this JsonElement json, string name, string otherwise) => Given(json, name, out var value) ? value.GetString()! : otherwise;

    private static bool Given(JsonElement json, string name, out JsonElement value) =>
        json.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
}
