using System.Text.Json;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>A message of a client whose signature was right.</summary>
/// <param name="Channel">Where it came in.</param>
/// <param name="Identities">Whom a reply goes to.</param>
/// <param name="Header">Its header as it came; what answers it carries the same bytes.</param>
/// <param name="Type">E.g. <c>execute_request</c>.</param>
/// <param name="Content">Its content, a JSON object.</param>
internal sealed record JupyterMessage(Channel Channel, IReadOnlyList<byte[]> Identities, byte[] Header, string Type, JsonElement Content)
{
    private const int SignedParts = 4;

    private static ReadOnlySpan<byte> Delimiter => "<IDS|MSG>"u8;

    /// <summary>Takes the frames of a message apart.</summary>
    /// <exception cref="InvalidDataException">They are no message, or nobody with the key signed them, or it was received before.</exception>
    public static JupyterMessage Parse(Channel channel, IReadOnlyList<byte[]> frames, MessageSigner signer)
    {
        var mark = 0;
        while (mark < frames.Count && !frames[mark].AsSpan().SequenceEqual(Delimiter)) mark++;
        if (frames.Count < mark + 2 + SignedParts) throw new InvalidDataException("too few parts");
        byte[][] parts = [.. frames.Skip(mark + 2).Take(SignedParts)];
        signer.Check(frames[mark + 1], parts);
        try
        {
            var header = ObjectOf(parts[0], "header");
            if (!header.TryGetProperty("msg_id", out var id) || id.GetString() is not { Length: > 0 })
                throw new InvalidDataException("its header has no msg_id");
            var type = header.TryGetProperty("msg_type", out var name) ? name.GetString() : null;
            if (type is null) throw new InvalidDataException("its header has no msg_type");
            return new(channel, [.. frames.Take(mark)], parts[0], type, ObjectOf(parts[3], "content"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    /// <summary>Frames of a message of this kernel.</summary>
    public static IReadOnlyList<byte[]> Frames(IEnumerable<byte[]> identities, byte[] header, byte[] parent, byte[] content, MessageSigner signer)
    {
        byte[][] parts = [header, parent, "{}"u8.ToArray(), content];
        return [.. identities, Delimiter.ToArray(), signer.Sign(parts), .. parts];
    }

    /// <summary>A text of the content.</summary>
    /// <exception cref="InvalidDataException">It has none of that name.</exception>
    public string Text(string name) => Content.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new InvalidDataException($"{Type} without a text \"{name}\"");

    /// <summary>A truth value of the content.</summary>
    public bool Flag(string name, bool otherwise) => Content.TryGetProperty(name, out var value)
        ? value.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => otherwise }
        : otherwise;

    /// <summary>A whole number of the content.</summary>
    public int? Number(string name) =>
        Content.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    private static JsonElement ObjectOf(byte[] part, string what)
    {
        using var json = JsonDocument.Parse(part);
        return json.RootElement.ValueKind == JsonValueKind.Object
            ? json.RootElement.Clone()
            : throw new InvalidDataException($"its {what} is not a JSON object");
    }
}
