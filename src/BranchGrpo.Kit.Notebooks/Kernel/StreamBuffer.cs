using System.Text;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>Gathers console text, so that a cell that writes much sends few messages.</summary>
internal sealed class StreamBuffer(Action<string, string> send)
{
    private const int Full = 1 << 16;
    private static readonly TimeSpan patience = TimeSpan.FromMilliseconds(100);
    private readonly Lock gate = new();
    private readonly StringBuilder held = new();
    private string stream = "";
    private Timer? timer;

    /// <summary>Takes text, to be sent soon.</summary>
    public void Write(string name, string text)
    {
        if (text.Length == 0) return;
        lock (gate)
        {
            if (name != stream) Send(all: true);
            stream = name;
            if (held.Length == 0) (timer ??= new(_ => Flush(all: false))).Change(patience, Timeout.InfiniteTimeSpan);
            held.Append(text);
            if (held.Length >= Full) Send(all: false);
        }
    }

    /// <summary>Sends what is held.</summary>
    /// <param name="all">Half a character too, which otherwise waits for its other half.</param>
    public void Flush(bool all = true)
    {
        lock (gate) Send(all);
    }

    private void Send(bool all)
    {
        var kept = !all && held.Length > 0 && char.IsHighSurrogate(held[^1]) ? 1 : 0;
        if (held.Length <= kept) return;
        var text = held.ToString(0, held.Length - kept);
        held.Remove(0, text.Length);
        send(stream, text);
    }
}
