using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using BranchGrpo.Kit.Notebooks.Kernel;
using BranchGrpo.Kit.Notebooks.Session;
using NetMQ;
using NetMQ.Sockets;

namespace BranchGrpo.Kit.Notebooks.Tests;

/// <summary>A kernel in this process and a client that speaks the protocol by its own code, signatures included.</summary>
internal sealed class KernelClient : IDisposable
{
    private const string Key = "a key";
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(60);
    private readonly string folder = Directory.CreateTempSubdirectory("kernel-").FullName;
    private readonly Dictionary<Channel, NetMQSocket> sockets = [];
    private readonly KernelHost host;
    private int sent;

    public KernelClient()
    {
        var ports = FreePorts(5);
        var path = Path.Combine(folder, "connection.json");
        File.WriteAllText(path, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["ip"] = "127.0.0.1", ["transport"] = "tcp", ["key"] = Key, ["signature_scheme"] = "hmac-sha256",
            ["shell_port"] = ports[0], ["control_port"] = ports[1], ["stdin_port"] = ports[2], ["iopub_port"] = ports[3], ["hb_port"] = ports[4],
        }));
        var connection = ConnectionFile.Read(path);
        host = new(connection, new NotebookSession(folder), Errors);
        Running = Task.Factory.StartNew(host.Run, TaskCreationOptions.LongRunning);
        var subscriber = new SubscriberSocket(">" + connection.Endpoint(Channel.IoPub));
        subscriber.SubscribeToAnyTopic();
        sockets[Channel.IoPub] = subscriber;
        foreach (var channel in new[] { Channel.Shell, Channel.Control, Channel.Stdin })
        {
            var dealer = new DealerSocket();
            dealer.Options.Identity = "client"u8.ToArray();
            dealer.Connect(connection.Endpoint(channel));
            sockets[channel] = dealer;
        }
        while (Receive(Channel.IoPub).Type != "iopub_welcome") { }
    }

    public Task Running { get; }

    /// <summary>What the kernel says on standard error.</summary>
    public LineLog Errors { get; } = new();

    /// <summary>Sends a request and returns its header.</summary>
    public string Send(string type, object content, Channel channel = Channel.Shell)
    {
        var frames = Frames(type, content);
        Send(frames, channel);
        return Encoding.UTF8.GetString(frames[2]);
    }

    public string Execute(string code) => Send("execute_request", new { code, silent = false, allow_stdin = false, stop_on_error = true });

    public void Send(byte[][] frames, Channel channel = Channel.Shell)
    {
        foreach (var frame in frames[..^1]) sockets[channel].SendMoreFrame(frame);
        sockets[channel].SendFrame(frames[^1]);
    }

    /// <summary>A signed message.</summary>
    public byte[][] Frames(string type, object content)
    {
        var header = JsonSerializer.SerializeToUtf8Bytes(new
        {
            msg_id = $"m{sent++}", session = "s", username = "u", date = "2026-01-01T00:00:00Z", msg_type = type, version = "5.3",
        });
        byte[][] parts = [header, "{}"u8.ToArray(), "{}"u8.ToArray(), JsonSerializer.SerializeToUtf8Bytes(content)];
        return ["<IDS|MSG>"u8.ToArray(), Signature(parts), .. parts];
    }

    /// <summary>The next message, with a right signature.</summary>
    public (string Type, JsonElement Content, string Parent) Receive(Channel channel)
    {
        NetMQMessage? message = null;
        Assert.True(sockets[channel].TryReceiveMultipartMessage(patience, ref message), $"nothing came on {channel}");
        byte[][] frames = [.. message!.Select(f => f.ToByteArray())];
        if (channel == Channel.IoPub) frames = frames[1..];
        Assert.Equal("<IDS|MSG>"u8.ToArray(), frames[0]);
        Assert.Equal(Signature(frames[2..]), frames[1]);
        var header = JsonDocument.Parse(frames[2]).RootElement;
        return (header.GetProperty("msg_type").GetString()!, JsonDocument.Parse(frames[5]).RootElement, Encoding.UTF8.GetString(frames[3]));
    }

    /// <summary>What is published for a request, status and first stream text beside their names.</summary>
    public List<string> Published(string parent)
    {
        var found = new List<string>();
        while (found.LastOrDefault() != "status idle")
        {
            var (type, content, of) = Receive(Channel.IoPub);
            if (of != parent) continue;
            found.Add(type switch
            {
                "status" => "status " + content.GetProperty("execution_state").GetString(),
                "stream" => $"{content.GetProperty("name").GetString()} {content.GetProperty("text").GetString()}",
                _ => type,
            });
        }
        return found;
    }

    public void Dispose()
    {
        host.End();
        Running.Wait(patience);
        host.Dispose();
        foreach (var socket in sockets.Values) socket.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static byte[] Signature(byte[][] parts) =>
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), parts.SelectMany(p => p).ToArray())));

    private static int[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (var listener in listeners) listener.Start();
        int[] ports = [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }

    /// <summary>Lines that one thread writes while another reads them.</summary>
    public sealed class LineLog : TextWriter
    {
        private readonly ConcurrentQueue<string> lines = new();

        public override Encoding Encoding => Encoding.UTF8;

        public IReadOnlyCollection<string> Lines => lines;

        public override void WriteLine(string? value) => lines.Enqueue(value ?? "");
    }
}
