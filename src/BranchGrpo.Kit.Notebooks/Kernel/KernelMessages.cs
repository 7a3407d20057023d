using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>What the kernel says: replies, outputs and whether it is busy. Any thread.</summary>
internal sealed class KernelMessages(MessageSigner signer, Action<Channel, IReadOnlyList<byte[]>> send)
{
    /// <summary>Version of the Jupyter messaging protocol.</summary>
    public const string Protocol = "5.4";

    private static readonly byte[] noParent = "{}"u8.ToArray();
    private static readonly JsonSerializerOptions json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly string session = Guid.NewGuid().ToString();
    private readonly Lock gate = new();
    private JupyterMessage? running;

    /// <summary>Says that work on a request begins.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cell">It runs a cell: others that are answered meanwhile do not make the kernel idle.</param>
    public void Busy(JupyterMessage request, bool cell = false)
    {
        lock (gate)
        {
            if (cell) running = request;
            Status(request, "busy");
        }
    }

    /// <summary>Says that work on a request has ended.</summary>
    public void Idle(JupyterMessage request)
    {
        lock (gate)
        {
            if (ReferenceEquals(running, request)) running = null;
            Status(request, "idle");
            if (running is not null) Status(running, "busy");                   // clients take the last status for that of the kernel
        }
    }

    /// <summary>Says that the kernel has started.</summary>
    public void Starting() => Publish(null, "status", new() { ["execution_state"] = "starting" });

    /// <summary>Tells a client that what is published from now on reaches it.</summary>
    public void Welcome(byte[] topic) =>
        Send(Channel.IoPub, [topic], null, "iopub_welcome", new() { ["subscription"] = Encoding.UTF8.GetString(topic) });

    /// <summary>Publishes to all clients.</summary>
    public void Publish(JupyterMessage? parent, string type, JsonObject content) =>
        Send(Channel.IoPub, [Encoding.UTF8.GetBytes($"kernel.{session}.{type}")], parent, type, content);

    /// <summary>Answers a request.</summary>
    public void Reply(JupyterMessage request, JsonObject content)
    {
        var name = request.Type.EndsWith("_request", StringComparison.Ordinal) ? request.Type[..^"_request".Length] : request.Type;
        Send(request.Channel, request.Identities, request, name + "_reply", content);
    }

    /// <summary>Asks the client of a request for a line.</summary>
    public void Ask(JupyterMessage request, JsonObject content) => Send(Channel.Stdin, request.Identities, request, "input_request", content);

    private void Status(JupyterMessage request, string state) => Publish(request, "status", new() { ["execution_state"] = state });

    private void Send(Channel channel, IEnumerable<byte[]> identities, JupyterMessage? parent, string type, JsonObject content)
    {
        var header = new JsonObject
        {
            ["msg_id"] = Guid.NewGuid().ToString(),
            ["session"] = session,
            ["username"] = "kernel",
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
            ["msg_type"] = type,
            ["version"] = Protocol,
        };
        send(channel, JupyterMessage.Frames(identities, Bytes(header), parent?.Header ?? noParent, Bytes(content), signer));
    }

    private static byte[] Bytes(JsonObject value) => JsonSerializer.SerializeToUtf8Bytes(value, json);
}
