using System.Text.Json.Nodes;
using BranchGrpo.Kit.Notebooks.Session;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>Requests about code and about the kernel, which run nothing.</summary>
internal sealed class QuestionRequests(NotebookSession session, KernelMessages messages, KernelHistory history)
{
    /// <summary>Content of the reply to a request; null where none is due.</summary>
    /// <exception cref="NotSupportedException">A request that this kernel does not know.</exception>
    public JsonObject? Answer(JupyterMessage request) => request.Type switch
    {
        "kernel_info_request" => KernelInfo.Content(),
        "complete_request" => Complete(request.Text("code"), request.Number("cursor_pos")),
        "inspect_request" => Inspect(request.Text("code"), request.Number("cursor_pos")),
        "is_complete_request" => IsComplete(request.Text("code")),
        "history_request" => new() { ["status"] = "ok", ["history"] = history.Find(request) },
        "comm_info_request" => new() { ["status"] = "ok", ["comms"] = new JsonObject() },
        "comm_open" => Refuse(request),
        "comm_msg" or "comm_close" => null,                                     // of a comm that was refused
        _ => throw new NotSupportedException($"this kernel does not know {request.Type}"),
    };

    private JsonObject Complete(string code, int? cursor)
    {
        var place = CodePoints.Index(code, cursor ?? int.MaxValue);
        var found = session.CompleteAsync(code, place).GetAwaiter().GetResult();
        var (start, end) = (CodePoints.Count(code, found.Start), CodePoints.Count(code, found.End));
        return new()
        {
            ["status"] = "ok",
            ["matches"] = new JsonArray([.. found.Choices.Select(choice => JsonValue.Create(choice.Text))]),
            ["cursor_start"] = start,
            ["cursor_end"] = end,
            ["metadata"] = new JsonObject
            {
                ["_jupyter_types_experimental"] = new JsonArray([.. found.Choices.Select(choice => new JsonObject
                {
                    ["start"] = start,
                    ["end"] = end,
                    ["text"] = choice.Text,
                    ["type"] = choice.Kind,
                })]),
            },
        };
    }

    private JsonObject Inspect(string code, int? cursor)
    {
        var text = session.InspectAsync(code, CodePoints.Index(code, cursor ?? int.MaxValue)).GetAwaiter().GetResult();
        return new()
        {
            ["status"] = "ok",
            ["found"] = text is not null,
            ["data"] = text is null ? new JsonObject() : new JsonObject { ["text/markdown"] = text, ["text/plain"] = text },
            ["metadata"] = new JsonObject(),
        };
    }

    private JsonObject IsComplete(string code)
    {
        var (status, indent) = session.IsComplete(code);
        return status == "incomplete" ? new() { ["status"] = status, ["indent"] = indent } : new() { ["status"] = status };
    }

    // There are no comms here; the protocol wants one that nobody takes closed at once.
    private JsonObject? Refuse(JupyterMessage request)
    {
        messages.Publish(request, "comm_close", new() { ["comm_id"] = request.Text("comm_id"), ["data"] = new JsonObject() });
        return null;
    }
}
