using System.Text.Json;

namespace BranchGrpo.Kit.Models.Prompts;

/// <summary>Prompts of a JSON array, read piece by piece: HPDv2's train.json has 116 MB.</summary>
/// <param name="file">At its start. Borrowed.</param>
internal sealed class JsonPromptReader(Stream file) : IDisposable
{
    private const string Missing = "expected a text under \"prompt\" or \"caption\", found none";
    private byte[] buffer = new byte[1 << 16];
    private int filled;
    private bool ended;
    private JsonReaderState state;
    private long line = 1;
    private int depth;
    private bool wanted;
    private PromptLine found;

    public IEnumerable<PromptLine> Read()
    {
        var entries = new List<PromptLine>();
        var closed = false;
        var count = 0;
        while (!closed)
        {
            Fill();
            string? damage = null;
            try
            {
                closed = Take(entries);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                line = (e as JsonException)?.LineNumber + 1 ?? line;
                damage = $"expected JSON: {e.Message.Split(" LineNumber")[0]}";
            }
            foreach (var entry in entries)
            {
                count++;
                // The file may be one long line, so entries are numbered too.
                yield return entry.Text is null ? entry with { Problem = $"entry {count}: {entry.Problem}" } : entry;
            }
            entries.Clear();
            if (damage is null) continue;
            yield return new PromptLine(line, null, $"{damage} The rest of the file is not read.");
            yield break;
        }
    }

    /// <summary>A line that is a JSON object of its own.</summary>
    public static PromptLine Object(PromptLine line)
    {
        if (line.Problem is not null || line.Text!.Length == 0) return line;
        try
        {
            using var document = JsonDocument.Parse(line.Text);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return line with { Text = null, Problem = $"expected a JSON object, found {root.ValueKind}" };
            if ((root.TryGetProperty("prompt", out var text) || root.TryGetProperty("caption", out text)) && text.ValueKind == JsonValueKind.String)
                return line with { Text = text.GetString()!.Trim() };
            return line with { Text = null, Problem = Missing };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return line with { Text = null, Problem = $"expected JSON: {e.Message.Split(" LineNumber")[0]}" };
        }
    }

    public void Dispose() => buffer = [];

    /// <summary>Takes all whole tokens of the buffer and keeps the rest.</summary>
    private bool Take(List<PromptLine> entries)
    {
        var reader = new Utf8JsonReader(buffer.AsSpan(0, filled), ended, state);
        var counted = 0;
        while (reader.Read())
        {
            var at = (int)reader.TokenStartIndex;
            line += buffer.AsSpan(counted, at - counted).Count((byte)'\n');
            counted = at;
            Token(ref reader, entries);
        }
        var used = (int)reader.BytesConsumed;
        line += buffer.AsSpan(counted, used - counted).Count((byte)'\n');
        state = reader.CurrentState;
        buffer.AsSpan(used, filled - used).CopyTo(buffer);
        filled -= used;
        return ended;
    }

    private void Token(ref Utf8JsonReader reader, List<PromptLine> entries)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                // The first key that holds a text counts.
                wanted = depth == 2 && found.Text is null && (reader.ValueTextEquals("prompt"u8) || reader.ValueTextEquals("caption"u8));
                return;
            case JsonTokenType.StartArray or JsonTokenType.StartObject:
                var isObject = reader.TokenType == JsonTokenType.StartObject;
                if (depth == 1) found = new(line, null, isObject ? Missing : "expected a text or an object, found an array");
                depth++;
                break;
            case JsonTokenType.EndArray or JsonTokenType.EndObject:
                if (--depth == 1) entries.Add(found);
                break;
            case JsonTokenType.String when depth == 1:
                entries.Add(Text(ref reader));
                break;
            case JsonTokenType.String when wanted:
                found = Text(ref reader);
                break;
            default:
                if (depth == 1) entries.Add(new(line, null, $"expected a text or an object, found {reader.TokenType}"));
                break;
        }
        wanted = false;
    }

    private PromptLine Text(ref Utf8JsonReader reader)
    {
        try
        {
            return new PromptLine(line, reader.GetString()!.Trim(), null);
        }
        catch (InvalidOperationException)
        {
            return new PromptLine(line, null, "expected UTF-8, found bytes or escapes that are none");
        }
    }

    private void Fill()
    {
        if (filled == buffer.Length) Array.Resize(ref buffer, buffer.Length < 1 << 24 ? 2 * buffer.Length : throw TooLong());
        var count = file.Read(buffer, filled, buffer.Length - filled);
        filled += count;
        ended = count == 0;
    }

    private InvalidDataException TooLong() => new($"line {line}: expected entries of at most 16 MB, found a longer one");
}
