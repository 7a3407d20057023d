using System.Text.Json;
using System.Text.Json.Nodes;
using BranchGrpo.Kit.Notebooks.Session;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>Output of one cell, published as what the request that runs it has caused.</summary>
internal sealed class KernelOutput : ICellOutput
{
    private readonly JupyterMessage request;
    private readonly KernelMessages messages;
    private readonly KernelInput input;
    private readonly bool silent;
    private readonly StreamBuffer streams;

    /// <param name="request">The request.</param>
    /// <param name="messages">Publishes.</param>
    /// <param name="input">Asks.</param>
    /// <param name="silent">Nothing is to be shown.</param>
    public KernelOutput(JupyterMessage request, KernelMessages messages, KernelInput input, bool silent)
    {
        (this.request, this.messages, this.input, this.silent) = (request, messages, input, silent);
        streams = new((name, text) => Publish("stream", new() { ["name"] = name, ["text"] = text }));
    }

    public void Stream(string name, string text) => streams.Write(name, text);

    public void Display(MimeBundle bundle, string? id) => Show("display_data", bundle, id);

    public void Update(MimeBundle bundle, string id) => Show("update_display_data", bundle, id);

    public void Clear(bool wait) => PublishAfterStreams("clear_output", new() { ["wait"] = wait });

    public string Input(string prompt, bool password)
    {
        streams.Flush();
        return input.Ask(request, prompt, password);
    }

    /// <summary>Publishes the cell's value.</summary>
    public void Result(MimeBundle bundle, int count) => PublishAfterStreams("execute_result", new()
    {
        ["execution_count"] = count,
        ["data"] = Data(bundle),
        ["metadata"] = new JsonObject(),
    });

    /// <summary>Publishes why the cell failed.</summary>
    public void Error(CellError error) => PublishAfterStreams("error", Content(error));

    /// <summary>Publishes console text that is still held.</summary>
    public void Flush() => streams.Flush();

    /// <summary>An error as in messages and replies.</summary>
    public static JsonObject Content(CellError error) => new()
    {
        ["ename"] = error.Name,
        ["evalue"] = error.Message,
        ["traceback"] = new JsonArray([.. error.Trace.Select(line => JsonValue.Create(line))]),
    };

    /// <summary>Forms of a value; those that are JSON as JSON, not as its text.</summary>
    public static JsonObject Data(MimeBundle bundle)
    {
        var data = new JsonObject();
        foreach (var (type, text) in bundle.Data) data[type] = IsJson(type) ? Parsed(text) : text;
        return data;
    }

    private static bool IsJson(string type) => type == "application/json" || type.EndsWith("+json", StringComparison.Ordinal);

    private static JsonNode? Parsed(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return text;
        }
    }

    private void Show(string type, MimeBundle bundle, string? id) => PublishAfterStreams(type, new()
    {
        ["data"] = Data(bundle),
        ["metadata"] = new JsonObject(),
        ["transient"] = id is null ? new JsonObject() : new JsonObject { ["display_id"] = id },
    });

    private void PublishAfterStreams(string type, JsonObject content)
    {
        streams.Flush();
        Publish(type, content);
    }

    private void Publish(string type, JsonObject content)
    {
        if (!silent) messages.Publish(request, type, content);
    }
}
