using System.Text.Json.Nodes;
using BranchGrpo.Kit.Notebooks.Session;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>Lines that cells ask the reader for.</summary>
internal sealed class KernelInput(KernelMessages messages)
{
    private readonly Lock asking = new();
    private volatile TaskCompletionSource<string>? awaited;

    /// <summary>Asks the client of a running cell and waits; an interrupt ends the wait.</summary>
    /// <exception cref="NotSupportedException">That client answers no questions.</exception>
    /// <exception cref="OperationCanceledException">The cell was interrupted.</exception>
    public string Ask(JupyterMessage request, string prompt, bool password)
    {
        if (!request.Flag("allow_stdin", otherwise: false))
        {
            throw new NotSupportedException("The cell asks for input, and this client answers no questions (allow_stdin is false).");
        }
        lock (asking)
        {
            var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            awaited = answer;
            messages.Ask(request, new() { ["prompt"] = prompt, ["password"] = password });
            try
            {
                answer.Task.Wait(CellInterrupt.Token);
                return answer.Task.Result;
            }
            finally
            {
                awaited = null;
            }
        }
    }

    /// <summary>Takes an answer; one that nobody waits for is dropped.</summary>
    public void Answer(JupyterMessage reply)
    {
        if (reply.Type == "input_reply") awaited?.TrySetResult(reply.Text("value"));
    }
}
