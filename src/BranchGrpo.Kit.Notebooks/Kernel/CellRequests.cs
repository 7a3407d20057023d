using System.Text.Json;
using System.Text.Json.Nodes;
using BranchGrpo.Kit.Notebooks.Session;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>Requests that run cells.</summary>
internal sealed class CellRequests(NotebookSession session, KernelMessages messages, KernelInput input, KernelHistory history)
{
    private int count;
    private volatile bool interrupted;

    /// <summary>Before a cell is announced: interrupts from here on mean it.</summary>
    public void Begin() => interrupted = false;

    /// <summary>Stops the running cell. Any thread.</summary>
    public void Interrupt()
    {
        interrupted = true;
        session.Interrupt();
    }

    /// <summary>Runs a cell.</summary>
    /// <param name="request">An <c>execute_request</c>.</param>
    /// <param name="failed">Whether the cell failed.</param>
    /// <returns>Content of the reply.</returns>
    public JsonObject Execute(JupyterMessage request, out bool failed)
    {
        var code = request.Text("code");
        var silent = request.Flag("silent", otherwise: false);
        var stored = !silent && request.Flag("store_history", otherwise: true) && !string.IsNullOrWhiteSpace(code);
        if (stored) count++;
        if (!silent) messages.Publish(request, "execute_input", new() { ["code"] = code, ["execution_count"] = count });
        var output = new KernelOutput(request, messages, input, silent);
        var result = string.IsNullOrWhiteSpace(code) ? new(null, null) : Run(code, output);
        output.Flush();
        if (stored) history.Add(count, code, result.Value?.Data.GetValueOrDefault("text/plain"));
        failed = result.Error is not null;
        if (result.Error is { } error)
        {
            output.Error(error);
            return Reply("error", KernelOutput.Content(error));
        }
        if (result.Value is { } value) output.Result(value, count);
        return Reply("ok", new() { ["user_expressions"] = Expressions(request), ["payload"] = new JsonArray() });
    }

    // A client may interrupt a cell that was announced before the session has begun it, and the session would not know of it.
    private CellResult Run(string code, KernelOutput output)
    {
        var run = session.ExecuteAsync(code, output, count);
        if (interrupted) session.Interrupt();
        return run.GetAwaiter().GetResult();
    }

    private JsonObject Reply(string status, JsonObject content)
    {
        content["execution_count"] = count;
        return With(status, content);
    }

    private JsonObject Expressions(JupyterMessage request)
    {
        var values = new JsonObject();
        if (!request.Content.TryGetProperty("user_expressions", out var expressions) || expressions.ValueKind != JsonValueKind.Object) return values;
        foreach (var expression in expressions.EnumerateObject())
        {
            var quiet = new KernelOutput(request, messages, input, silent: true);
            var result = Run(expression.Value.ToString(), quiet);
            values[expression.Name] = result.Error is { } error
                ? With("error", KernelOutput.Content(error))
                : With("ok", new() { ["data"] = result.Value is { } value ? KernelOutput.Data(value) : new(), ["metadata"] = new JsonObject() });
        }
        return values;
    }

    private static JsonObject With(string status, JsonObject content)
    {
        content["status"] = status;
        return content;
    }
}
