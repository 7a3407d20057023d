using System.Buffers.Binary;
using System.Text;

namespace BranchGrpo.Kit.Models.Files.Torch;

/// <summary>The bytes of a pickle, read in order. A length that the file declares is compared with what is left before memory is taken for it.</summary>
/// <param name="copy">Copies bytes from a place.</param>
/// <param name="start">First place.</param>
/// <param name="end">After the last place.</param>
internal sealed class PickleBytes(PickleBytes.Copy copy, long start, long end)
{
    private const int LongestLine = 256;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);
    private readonly byte[] buffer = new byte[1 << 16];
    private long position = start, loaded = start;
    private int count;

    /// <summary>Fills a span with the bytes from a place on.</summary>
    public delegate void Copy(long from, Span<byte> into);

    public long Position => position;

    public long Left => end - position;

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>Passes over bytes; no more than are left.</summary>
    public void Skip(long length) => position += length;

    /// <summary>As many bytes as the file says.</summary>
    public byte[] Bytes(ulong length)
    {
        if (length > (ulong)Left || length > (ulong)Array.MaxLength) throw new FormatException($"{length} bytes are needed where {Left} are left");
        if (length <= (ulong)buffer.Length) return Take((int)length).ToArray();
        var bytes = new byte[length];
        copy(position, bytes);
        position += bytes.Length;
        return bytes;
    }

    /// <summary>A text of as many UTF-8 bytes as the file says.</summary>
    public string Text(ulong length)
    {
        try
        {
            return length <= (ulong)buffer.Length ? Strict.GetString(Take((int)length)) : Strict.GetString(Bytes(length));
        }
        catch (DecoderFallbackException)
        {
            throw new FormatException("a text is not UTF-8");
        }
    }

    /// <summary>A name up to the next line end, which is dropped.</summary>
    public string Line()
    {
        var line = new StringBuilder();
        for (var next = Byte(); next != '\n'; next = Byte())
        {
            if (line.Length == LongestLine || next is < 0x20 or > 0x7e) throw new FormatException("a name is too long or not plain text");
            line.Append((char)next);
        }
        return line.ToString();
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > Left) throw new FormatException($"{length} bytes are needed where {Left} are left");
        if (position < loaded || position + length > loaded + count)
        {
            (loaded, count) = (position, (int)Math.Min(buffer.Length, Left));
            copy(loaded, buffer.AsSpan(0, count));
        }
        var first = (int)(position - loaded);
        position += length;
        return buffer.AsSpan(first, length);
    }
}
