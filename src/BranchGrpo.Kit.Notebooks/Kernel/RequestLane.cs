using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>A thread that answers requests one after another, each between <c>busy</c> and <c>idle</c>.</summary>
internal sealed class RequestLane : IDisposable
{
    private const int Stack = 16 << 20;
    private readonly BlockingCollection<JupyterMessage> requests = [];
    private readonly KernelMessages messages;
    private readonly Func<JupyterMessage, JsonObject?> answer;
    private readonly Action<string> log;
    private readonly Action? cell;
    private readonly ManualResetEventSlim quiet = new(initialState: true);
    private readonly Lock gate = new();
    private int pending;
    private int aborting;                                                       // requests that a failed one takes along
    private volatile bool closed;

    /// <param name="name">Name of the thread.</param>
    /// <param name="messages">Says what was answered.</param>
    /// <param name="answer">Content of a reply; null for none.</param>
    /// <param name="log">Takes a line about what could not be answered.</param>
    /// <param name="cell">Given where requests of this lane run cells; called before each.</param>
    public RequestLane(string name, KernelMessages messages, Func<JupyterMessage, JsonObject?> answer, Action<string> log, Action? cell = null)
    {
        (this.messages, this.answer, this.log, this.cell) = (messages, answer, log, cell);
        new Thread(Serve, Stack) { IsBackground = true, Name = name }.Start();
    }

    /// <summary>Takes a request.</summary>
    public void Add(JupyterMessage request)
    {
        lock (gate)
        {
            pending++;
            quiet.Reset();
        }
        requests.Add(request);
    }

    /// <summary>Waits until nothing is left to answer.</summary>
    /// <returns>Whether that came to pass in time.</returns>
    public bool WaitQuiet(TimeSpan patience) => quiet.Wait(patience);

    /// <summary>What waits now is answered with <c>aborted</c>. Only while a request of this lane is answered, on its thread.</summary>
    public void AbortWaiting() => aborting = requests.Count;

    /// <summary>From now on everything is answered with <c>aborted</c>.</summary>
    public void AbortAll() => closed = true;

    /// <summary>Ends the thread after what it does now.</summary>
    public void Dispose() => requests.CompleteAdding();

    private void Serve()
    {
        foreach (var request in requests.GetConsumingEnumerable()) Handle(request, closed || aborting-- > 0 ? Abort : answer);
    }

    private static JsonObject Abort(JupyterMessage request) => new() { ["status"] = "aborted" };

    private void Handle(JupyterMessage request, Func<JupyterMessage, JsonObject?> answerer)
    {
        cell?.Invoke();
        messages.Busy(request, cell is not null);
        try
        {
            if (answerer(request) is { } reply) messages.Reply(request, reply);
        }
        catch (Exception e)
        {
            log($"{request.Type}: {e.Message}");
            var content = KernelOutput.Content(new(e.GetType().Name, e.Message, null, []));
            content["status"] = "error";
            messages.Reply(request, content);
        }
        messages.Idle(request);
        lock (gate)
        {
            if (--pending == 0) quiet.Set();
        }
    }
}
