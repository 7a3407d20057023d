using System.Text.Json.Nodes;
using BranchGrpo.Kit.Notebooks.Session;

namespace BranchGrpo.Kit.Notebooks.Documents;

/// <summary>Collects a cell's outputs as nbformat has them: neighbouring pieces of a stream become one, and a line that was written over keeps its
/// last form.</summary>
internal sealed class RecordedOutput : ICellOutput
{
    private readonly Lock gate = new();
    private readonly List<(JsonObject Json, string? Id)> outputs = [];
    private bool clearNext;

    public void Stream(string name, string text) => Add(name, text);

    public void Display(MimeBundle bundle, string? id) => Append(Of("display_data", bundle), id);

    public void Update(MimeBundle bundle, string id)
    {
        lock (gate)
            foreach (var (json, _) in outputs.Where(o => o.Id == id)) json["data"] = Data(bundle);
    }

    public void Clear(bool wait)
    {
        lock (gate)
        {
            clearNext = wait;
            if (!wait) outputs.Clear();
        }
    }

    public string Input(string prompt, bool password) =>
        throw new NotSupportedException($"The cell asks for input{(prompt.Length > 0 ? $" ({prompt})" : "")}, but nobody is there in a headless run.");

    /// <summary>The cell's value, last.</summary>
    public void Result(MimeBundle bundle, int count)
    {
        var json = Of("execute_result", bundle);
        json["execution_count"] = count;
        Append(json, null);
    }

    /// <summary>The cell's error, last.</summary>
    public void Error(CellError error) => Append(new JsonObject
    {
        ["ename"] = error.Name,
        ["evalue"] = error.Message,
        ["output_type"] = "error",
        ["traceback"] = new JsonArray([.. error.Trace.Select(l => (JsonNode)l)]),
    }, null);

    /// <summary>All outputs.</summary>
    public JsonArray ToJson()
    {
        lock (gate)
        {
            foreach (var (json, _) in outputs)
                if ((string?)json["output_type"] == "stream") json["text"] = NotebookCell.Lines(Overwritten(NotebookCell.Text(json["text"])));
            return new JsonArray([.. outputs.Select(o => o.Json.DeepClone())]);
        }
    }

    /// <summary>Text as a terminal shows it: what follows a carriage return replaces the line.</summary>
    internal static string Overwritten(string text) => string.Join('\n', text.Split('\n').Select(line => line.TrimEnd('\r').Split('\r')[^1].TrimEnd()));

    private void Add(string name, string text)
    {
        lock (gate)
        {
            Begin();
            if (outputs.Count > 0 && (string?)outputs[^1].Json["output_type"] == "stream" && (string?)outputs[^1].Json["name"] == name)
                outputs[^1].Json["text"] = NotebookCell.Text(outputs[^1].Json["text"]) + text;
            else outputs.Add((new JsonObject { ["name"] = name, ["output_type"] = "stream", ["text"] = text }, null));
        }
    }

    private void Append(JsonObject json, string? id)
    {
        lock (gate)
        {
            Begin();
            outputs.Add((json, id));
        }
    }

    private void Begin()
    {
        if (clearNext) outputs.Clear();
        clearNext = false;
    }

    private static JsonObject Of(string type, MimeBundle bundle) => new() { ["data"] = Data(bundle), ["metadata"] = new JsonObject(), ["output_type"] = type };

    private static JsonObject Data(MimeBundle bundle)
    {
        var data = new JsonObject();
        foreach (var (mime, text) in bundle.Data.OrderBy(d => d.Key, StringComparer.Ordinal))
            data[mime] = mime.StartsWith("image/", StringComparison.Ordinal) && mime != "image/svg+xml" ? text : NotebookCell.Lines(text);
        return data;
    }
}
