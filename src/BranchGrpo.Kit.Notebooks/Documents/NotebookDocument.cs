using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using BranchGrpo.Kit.Native;

namespace BranchGrpo.Kit.Notebooks.Documents;

/// <summary>A notebook file of format 4 (.ipynb).</summary>
public sealed class NotebookDocument
{
    private static readonly JsonSerializerOptions format = new()
    {
        WriteIndented = true,
        IndentSize = 1,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,                 // as Jupyter writes it; a notebook is no part of a web page
    };

    private NotebookDocument(string path, JsonObject json) => (Path, Json, Cells) =
        (path, json, [.. ((JsonArray)json["cells"]!).Select(c => new NotebookCell((JsonObject)c!))]);

    /// <summary>Where it was read from.</summary>
    public string Path { get; }

    /// <summary>The whole file.</summary>
    public JsonObject Json { get; }

    /// <summary>Its cells, in order.</summary>
    public IReadOnlyList<NotebookCell> Cells { get; }

    /// <summary>The metadata of the notebook.</summary>
    public JsonObject Metadata => Json["metadata"] as JsonObject ?? [];

    /// <summary>Reads a notebook.</summary>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="InvalidDataException">Not a notebook of format 4.</exception>
    public static NotebookDocument Read(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no notebook {path}.", path);
        try
        {
            if (JsonNode.Parse(File.ReadAllBytes(path)) is JsonObject json && json["cells"] is JsonArray cells && cells.All(c => c is JsonObject)
                && (int?)json["nbformat"] == 4)
                return new(path, json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path} is not a notebook: {e.Message}", e);
        }
        throw new InvalidDataException($"{path} is not a notebook of format 4 (an object with \"cells\" and \"nbformat\": 4).");
    }

    /// <summary>Writes the notebook as format 4.5, through a temporary file.</summary>
    public void Write(string path)
    {
        Json["nbformat_minor"] = Math.Max(5, (int?)Json["nbformat_minor"] ?? 0);
        for (var i = 0; i < Cells.Count; i++) Cells[i].Json["id"] ??= $"cell-{i}";
        var text = Json.ToJsonString(format) + "\n";
        WholeFile.Write(path, temporary => File.WriteAllText(temporary, text));
    }

    /// <summary>Fingerprint of the code down to a cell.</summary>
    internal string FingerprintTo(int cell) => NotebookCell.Fingerprint(Cells.Take(cell + 1));
}
