using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace BranchGrpo.Kit.Notebooks.Documents;

/// <summary>A cell of a notebook file, seen through its JSON; what the kit does not know stays as it is.</summary>
/// <param name="json">The cell's object.</param>
public sealed class NotebookCell(JsonObject json)
{
    /// <summary>Name of the metadata that says what code the outputs came from.</summary>
    internal const string Ran = "branchgrpo_ran";

    /// <summary>The object itself.</summary>
    public JsonObject Json { get; } = json;

    /// <summary>Whether it is code; else it is text.</summary>
    public bool IsCode => (string?)Json["cell_type"] == "code";

    /// <summary>Its text.</summary>
    public string Source => Text(Json["source"]);

    /// <summary>Tags in its metadata.</summary>
    public IReadOnlyList<string> Tags => [.. (Json["metadata"]?["tags"] as JsonArray ?? []).Select(t => (string)t!)];

    /// <summary>Outputs of a code cell.</summary>
    public JsonArray Outputs => Json["outputs"] as JsonArray ?? [];

    /// <summary>Replaces the outputs.</summary>
    /// <param name="outputs">As nbformat 4.5 has them.</param>
    /// <param name="count">The cell's number.</param>
    /// <param name="ran">Fingerprint of the code that made them; null where none did.</param>
    internal void Set(JsonArray outputs, int? count, string? ran)
    {
        Json["outputs"] = outputs;
        Json["execution_count"] = count;
        if (Json["metadata"] is not JsonObject metadata) Json["metadata"] = metadata = [];
        metadata.Remove(Ran);
        if (ran is not null) metadata[Ran] = ran;
    }

    /// <summary>Fingerprint of code cells: those a cell's outputs depend on are all down to itself.</summary>
    internal static string Fingerprint(IEnumerable<NotebookCell> cells) => Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes(string.Join("\n%%\n", cells.Where(c => c.IsCode).Select(c => c.Source.ReplaceLineEndings("\n"))))))[..12];

    /// <summary>Text that stands as one string or as a list of lines.</summary>
    internal static string Text(JsonNode? node) => node is JsonArray lines ? string.Concat(lines.Select(l => (string)l!)) : (string?)node ?? "";

    /// <summary>Text as a list of lines, as Jupyter writes it.</summary>
    internal static JsonArray Lines(string text)
    {
        var lines = new JsonArray();
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start) + 1;
            if (end == 0) end = text.Length;
            lines.Add(text[start..end]);
            start = end;
        }
        return lines;
    }
}
