using System.Net;
using System.Text;
using System.Text.Json;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>Where a Jupyter client expects the kernel, and the key that signs messages. Only this machine is accepted, and only with a key.</summary>
/// <param name="Address">Loopback address as in a ZeroMQ endpoint.</param>
/// <param name="Ports">Port of each channel.</param>
/// <param name="Key">Key of the signatures.</param>
internal sealed record ConnectionFile(string Address, IReadOnlyDictionary<Channel, int> Ports, byte[] Key)
{
    private const int LargestPort = 65535;

    /// <summary>Reads and checks the file that a client writes before it starts a kernel.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is none, or asks for what this kernel does not do; the message says what.</exception>
    public static ConnectionFile Read(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(path));
            return Of(json.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or InvalidDataException)
        {
            throw new InvalidDataException($"{path} is not a connection file for this kernel: {e.Message}", e);
        }
    }

    private static ConnectionFile Of(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object) throw new InvalidDataException("it is not a JSON object");
        Expect(json, "transport", "tcp");
        Expect(json, "signature_scheme", "hmac-sha256");
        var key = Text(json, "key") ?? "";
        if (key.Length == 0) throw new InvalidDataException("its key is empty, so that any user of this machine could run code in the kernel");
        var ports = Enum.GetValues<Channel>().ToDictionary(channel => channel, channel => Port(json, NameOf(channel)));
        if (ports.Values.Distinct().Count() < ports.Count) throw new InvalidDataException("two of its ports are the same");
        return new(Loopback(Text(json, "ip") ?? "127.0.0.1"), ports, Encoding.UTF8.GetBytes(key));
    }

    /// <summary>Endpoint of a channel.</summary>
    public string Endpoint(Channel channel) => $"tcp://{Address}:{Ports[channel]}";

    private static string NameOf(Channel channel) => channel switch
    {
        Channel.Heartbeat => "hb_port",
        _ => channel.ToString().ToLowerInvariant() + "_port",
    };

    private static string Loopback(string ip)
    {
        if (ip == "localhost") return "127.0.0.1";
        if (!IPAddress.TryParse(ip, out var address) || !IPAddress.IsLoopback(address))
        {
            throw new InvalidDataException($"its ip is \"{ip}\", and this kernel listens on this machine alone: 127.0.0.1, ::1 or localhost");
        }
        return address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
    }

    private static void Expect(JsonElement json, string name, string expected)
    {
        if (Text(json, name) is { Length: > 0 } text && text != expected)
            throw new InvalidDataException($"its {name} is \"{text}\", not \"{expected}\"");
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static int Port(JsonElement json, string name)
    {
        if (!json.TryGetProperty(name, out var value)) throw new InvalidDataException($"it has no {name}");
        return value.TryGetInt32(out var port) && port is > 0 and <= LargestPort ? port
            : throw new InvalidDataException($"its {name} is {value}, must be in 1 … {LargestPort}");
    }
}
