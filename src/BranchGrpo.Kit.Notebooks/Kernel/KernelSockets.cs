using NetMQ;
using NetMQ.Sockets;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>The sockets of a kernel. One thread, that of <see cref="Run"/>, touches them; others put messages into a queue.</summary>
internal sealed class KernelSockets : IDisposable
{
    private const int LargestMessage = 64 << 20;                                // of strangers too, whose signature is seen only afterwards
    private static readonly TimeSpan lastWords = TimeSpan.FromSeconds(1);
    private readonly Dictionary<Channel, NetMQSocket> sockets = [];
    private readonly NetMQQueue<(Channel Channel, IReadOnlyList<byte[]> Frames)> outgoing = new();
    private readonly NetMQPoller poller = [];
    private readonly Lock gate = new();
    private bool closed;

    /// <summary>Binds all sockets.</summary>
    /// <exception cref="IOException">A port is taken.</exception>
    public KernelSockets(ConnectionFile connection)
    {
        try
        {
            foreach (var channel in Enum.GetValues<Channel>()) Bind(channel, connection.Endpoint(channel));
        }
        catch
        {
            Dispose();
            throw;
        }
        outgoing.ReceiveReady += (_, _) => Forward();
        poller.Add(outgoing);
    }

    /// <summary>A message came in on the shell, control or stdin channel. Must not block.</summary>
    public event Action<Channel, IReadOnlyList<byte[]>>? Received;

    /// <summary>A client has subscribed to what is published.</summary>
    public event Action<byte[]>? Subscribed;

    /// <summary>Sends in the order of the calls; after the end, nothing. Any thread.</summary>
    public void Send(Channel channel, IReadOnlyList<byte[]> frames)
    {
        lock (gate)
        {
            if (!closed) outgoing.Enqueue((channel, frames));
        }
    }

    /// <summary>Ends <see cref="Run"/> once all that was sent is on its way. Any thread.</summary>
    public void Stop() => Send(Channel.Heartbeat, []);

    /// <summary>Serves the sockets until <see cref="Stop"/>.</summary>
    public void Run() => poller.Run();

    public void Dispose()
    {
        lock (gate) closed = true;                                              // threads of cells may live on
        poller.Dispose();
        outgoing.Dispose();
        foreach (var socket in sockets.Values) socket.Dispose();
        sockets.Clear();
    }

    private void Bind(Channel channel, string endpoint)
    {
        NetMQSocket socket = channel == Channel.IoPub ? new XPublisherSocket() : new RouterSocket();
        sockets[channel] = socket;
        socket.Options.Linger = lastWords;
        socket.Options.SendHighWatermark = 0;                                   // a client that reads slowly shall miss nothing
        socket.Options.ReceiveHighWatermark = 0;
        socket.Options.MaxMsgSize = LargestMessage;
        socket.Options.IPv4Only = !endpoint.Contains('[');
        if (socket is RouterSocket) socket.Options.RouterHandover = true;       // a client that connects anew keeps its identity
        if (socket is XPublisherSocket) socket.Options.XPubVerbose = true;      // tells of every client, not of the first alone
        try
        {
            socket.Bind(endpoint);
        }
        catch (NetMQException e)
        {
            throw new IOException($"The kernel cannot listen at {endpoint} for {channel}: {e.ErrorCode}. Is another kernel there?", e);
        }
        socket.ReceiveReady += (_, _) => Receive(channel, socket);
        poller.Add(socket);
    }

    private void Receive(Channel channel, NetMQSocket socket)
    {
        var message = new NetMQMessage();
        while (socket.TryReceiveMultipartMessage(ref message))
        {
            byte[][] frames = [.. message.Select(frame => frame.ToByteArray())];
            if (channel == Channel.Heartbeat) Deliver(socket, frames);
            else if (channel != Channel.IoPub) Received?.Invoke(channel, frames);
            else if (frames is [[1, .. var topic], ..]) Subscribed?.Invoke(topic);
            message.Clear();
        }
    }

    private void Forward()
    {
        while (outgoing.TryDequeue(out var next, TimeSpan.Zero))
        {
            if (next.Frames.Count > 0) Deliver(sockets[next.Channel], next.Frames);
            else poller.Stop();
        }
    }

    private static void Deliver(NetMQSocket socket, IReadOnlyList<byte[]> frames)
    {
        var message = new NetMQMessage();
        foreach (var frame in frames) message.Append(frame);
        socket.TrySendMultipartMessage(message);                                // a client that has gone is no error
    }
}
