using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using BranchGrpo.Kit.Notebooks.Session;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>A Jupyter kernel: cells run on one thread, questions about code are answered on a second, control requests on a third.</summary>
internal sealed class KernelHost : IDisposable
{
    // A question behind a short cell sees what the cell defines; behind a training it is answered from what is there.
    private static readonly TimeSpan patience = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan lastTurn = TimeSpan.FromSeconds(3);
    private readonly NotebookSession session;
    private readonly KernelLog log;
    private readonly MessageSigner signer;
    private readonly KernelSockets sockets;
    private readonly KernelMessages messages;
    private readonly KernelInput input;
    private readonly CellRequests cellRequests;
    private readonly QuestionRequests questionRequests;
    private readonly RequestLane cells;
    private readonly RequestLane questions;
    private readonly RequestLane control;
    private int ending;

    /// <summary>Binds the sockets; <see cref="Run"/> serves them.</summary>
    /// <param name="connection">Where.</param>
    /// <param name="session">Runs the cells; disposed with the kernel.</param>
    /// <param name="errors">Takes a line about each message that is dropped.</param>
    public KernelHost(ConnectionFile connection, NotebookSession session, TextWriter errors)
    {
        (this.session, log) = (session, new(errors));
        signer = new(connection.Key);
        sockets = new(connection);
        messages = new(signer, sockets.Send);
        input = new(messages);
        var history = new KernelHistory();
        cellRequests = new(session, messages, input, history);
        questionRequests = new(session, messages, history);
        cells = new("cells", messages, Execute, log.Write, cellRequests.Begin);
        questions = new("questions", messages, Question, log.Write);
        control = new("control", messages, Control, log.Write);
        sockets.Received += Receive;
        sockets.Subscribed += messages.Welcome;
    }

    /// <summary>Serves until a client or a signal ends the kernel. SIGINT interrupts the running cell.</summary>
    public void Run()
    {
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Handle(signal, cellRequests.Interrupt));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Handle(signal, End));
        using var parent = new ParentWatch(End);
        messages.Starting();
        sockets.Run();
    }

    /// <summary>Stops the running cell and then the kernel. Any thread.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref ending, 1) != 0) return;
        cells.AbortAll();
        cellRequests.Interrupt();
        cells.WaitQuiet(lastTurn);                                              // a training saves its state at its next turn
        control.WaitQuiet(lastTurn);                                            // the request that ends the kernel is answered first
        sockets.Stop();
    }

    public void Dispose()
    {
        sockets.Dispose();
        foreach (var lane in new[] { cells, questions, control }) lane.Dispose();
        session.Dispose();
    }

    private static void Handle(PosixSignalContext signal, Action action)
    {
        signal.Cancel = true;
        action();
    }

    private void Receive(Channel channel, IReadOnlyList<byte[]> frames)
    {
        try
        {
            var message = JupyterMessage.Parse(channel, frames, signer);
            if (channel == Channel.Stdin) input.Answer(message);
            else LaneOf(message).Add(message);
        }
        catch (Exception e)                                                     // whatever is sent, the kernel goes on
        {
            log.Write($"message on {channel.ToString().ToLowerInvariant()} dropped: {e.Message}");
        }
    }

    private RequestLane LaneOf(JupyterMessage message) => message.Type switch
    {
        "execute_request" => cells,
        "interrupt_request" or "shutdown_request" => control,
        _ => message.Channel == Channel.Control ? control : questions,
    };

    private JsonObject Execute(JupyterMessage request)
    {
        var reply = cellRequests.Execute(request, out var failed);
        if (failed && request.Flag("stop_on_error", otherwise: true)) cells.AbortWaiting();
        return reply;
    }

    private JsonObject? Question(JupyterMessage request)
    {
        cells.WaitQuiet(patience);
        return questionRequests.Answer(request);
    }

    private JsonObject? Control(JupyterMessage request)
    {
        switch (request.Type)
        {
            case "interrupt_request":
                cellRequests.Interrupt();
                return new() { ["status"] = "ok" };
            case "shutdown_request":
                JsonObject Content() => new() { ["status"] = "ok", ["restart"] = request.Flag("restart", otherwise: false) };
                messages.Reply(request, Content());
                messages.Publish(request, "shutdown_reply", Content());
                ThreadPool.QueueUserWorkItem(_ => End());
                return null;
            default:
                return questionRequests.Answer(request);
        }
    }
}
