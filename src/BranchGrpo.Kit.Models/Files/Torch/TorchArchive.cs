using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using BranchGrpo.Kit.Native;

namespace BranchGrpo.Kit.Models.Files.Torch;

/// <summary>The directory of a zip archive of <c>torch.save</c>. Entries are found by name inside the one folder it has; nothing is extracted, and no
/// entry is inflated beyond what its size and the archive's allow. Checksums are not compared: some writers leave them out.</summary>
/// <remarks>ZIP format: PKWARE APPNOTE 6.3.10, sections 4.3.7 to 4.5.3. The framework's reader hides where an entry's bytes begin, which mapping needs,
/// and does not compare local headers with the directory.</remarks>
internal sealed class TorchArchive
{
    private const int EndSize = 22, LocatorSize = 20, End64Size = 56, EntrySize = 46, LocalSize = 30, LongestComment = 65535;
    private const long InflatedAlways = 16 << 20, InflatedRatio = 64;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);
    private readonly MappedFile file;
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private readonly string root;

    public TorchArchive(MappedFile file)
    {
        this.file = file;
        var (start, length, count) = FindDirectory();
        ReadDirectory(Bytes(start, length), count);
        string[] roots = [.. entries.Keys.Select(name => name.Split('/')[0]).Distinct().Take(3)];
        root = roots is [var only] ? only : throw new FormatException($"the archive has the top folders {string.Join(", ", roots)}, expected one");
        if (Has("constants.pkl") || entries.Keys.Any(name => name.StartsWith($"{root}/code/", StringComparison.Ordinal)))
            throw new FormatException("it is a TorchScript program, not a checkpoint of weights; save the state dict of the module");
    }

    public bool Has(string name) => entries.ContainsKey($"{root}/{name}");

    /// <summary>Where the bytes of an entry are.</summary>
    public TorchRecord Find(string name)
    {
        if (name.AsSpan().ContainsAny('\\', '\0') || name.Split('/').Any(part => part is "" or "." or "..")
            || !entries.TryGetValue($"{root}/{name}", out var entry))
            throw new FormatException($"the archive has no record \"{name}\"");
        var local = Bytes(entry.Header, LocalSize);
        var (nameLength, extraLength) = (UInt16(local, 26), UInt16(local, 28));
        if (UInt32(local, 0) != 0x04034b50 || UInt16(local, 6) != entry.Flags || UInt16(local, 8) != entry.Method
            || !Bytes(entry.Header + LocalSize, nameLength).AsSpan().SequenceEqual(Strict.GetBytes($"{root}/{name}")))
            throw new FormatException($"the record \"{name}\" and the directory of the archive disagree");
        var start = entry.Header + LocalSize + nameLength + extraLength;
        if (entry.Stored > file.Length - start || entry.Method == 0 && entry.Stored != entry.Length)
            throw new FormatException($"the record \"{name}\" has {entry.Stored} bytes for {entry.Length}, {file.Length - start} are left in the file");
        if (entry.Length > InflatedAlways + InflatedRatio * entry.Stored) throw new FormatException($"the record \"{name}\" inflates to {entry.Length} bytes");
        return new(start, entry.Stored, entry.Length, entry.Method != 0);
    }

    /// <summary>Reads a whole record, inflated.</summary>
    public byte[] Read(TorchRecord record)
    {
        if (record.Length > Array.MaxLength) throw new FormatException($"a record of {record.Length} bytes is too large");
        var bytes = new byte[record.Length];
        if (!record.Deflated) file.Copy(record.Start, bytes);
        else Inflate(file, record, stream => stream.ReadExactly(bytes));
        return bytes;
    }

    /// <summary>Lets <paramref name="read"/> take the inflated bytes, which must be as many as announced.</summary>
    public static void Inflate(MappedFile file, TorchRecord record, Action<Stream> read)
    {
        if (record.Stored > Array.MaxLength) throw new FormatException($"a compressed record of {record.Stored} bytes is too large");
        var packed = new byte[record.Stored];
        file.Copy(record.Start, packed);
        try
        {
            using var stream = new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress);
            read(stream);
            if (stream.ReadByte() >= 0) throw new FormatException($"a compressed record holds more than the {record.Length} bytes announced");
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new FormatException($"a compressed record is damaged: {e.Message}", e);
        }
    }

    private (long Start, long Length, long Count) FindDirectory()
    {
        var tail = Bytes(Math.Max(0, file.Length - EndSize - LongestComment), Math.Min(file.Length, EndSize + LongestComment));
        var at = tail.Length - EndSize;
        while (at >= 0 && !(UInt32(tail, at) == 0x06054b50 && UInt16(tail, at + 20) == tail.Length - at - EndSize)) at--;
        if (at < 0) throw new FormatException("the end of the archive is not there; the file is cut or damaged");
        var end = file.Length - tail.Length + at;
        var (disk, firstDisk, here, count) = ((long)UInt16(tail, at + 4), (long)UInt16(tail, at + 6), (long)UInt16(tail, at + 8), (long)UInt16(tail, at + 10));
        var (length, start) = ((long)UInt32(tail, at + 12), (long)UInt32(tail, at + 16));
        if (count == ushort.MaxValue || length == uint.MaxValue || start == uint.MaxValue)
        {
            var locator = Bytes(end - LocatorSize, LocatorSize);
            var wide = Bytes(end = UInt32(locator, 0) == 0x07064b50 ? Int64(locator, 8) : -1, End64Size);
            if (UInt32(wide, 0) != 0x06064b50) throw new FormatException("the archive's 64-bit end record is not where it is said to be");
            (disk, firstDisk, here, count) = (UInt32(wide, 16), UInt32(wide, 20), Int64(wide, 24), Int64(wide, 32));
            (length, start) = (Int64(wide, 40), Int64(wide, 48));
        }
        if (disk != 0 || firstDisk != 0 || here != count) throw new FormatException("it is one part of an archive in several files");
        return start >= 0 && length >= 0 && start <= end && length <= end - start && count >= 0 && count <= length / EntrySize ? (start, length, count)
            : throw new FormatException($"the archive's directory of {count} entries in {length} bytes is not where it is said to be");
    }

    private void ReadDirectory(byte[] directory, long count)
    {
        var at = 0;
        for (var i = 0L; i < count; i++)
        {
            if (directory.Length - at < EntrySize || UInt32(directory, at) != 0x02014b50) throw new FormatException("the archive's directory is damaged");
            var (flags, method) = (UInt16(directory, at + 8), UInt16(directory, at + 10));
            var (nameLength, extraLength, commentLength) = (UInt16(directory, at + 28), UInt16(directory, at + 30), UInt16(directory, at + 32));
            if (directory.Length - at - EntrySize < nameLength + extraLength + commentLength) throw new FormatException("the archive's directory is cut");
            string name;
            try
            {
                name = Strict.GetString(directory, at + EntrySize, nameLength);
            }
            catch (DecoderFallbackException)
            {
                throw new FormatException("a name in the archive is not UTF-8");
            }
            if ((flags & 0x2041) != 0 || method is not (0 or 8))
                throw new FormatException($"the entry \"{name}\" is encrypted or compressed in an unknown way ({method})");
            var (length, stored, header) = Wide(directory.AsSpan(at + EntrySize + nameLength, extraLength),
                UInt32(directory, at + 24), UInt32(directory, at + 20), UInt32(directory, at + 42));
            if (!entries.TryAdd(name, new(header, stored, length, flags, method))) throw new FormatException($"the archive has two entries \"{name}\"");
            at += EntrySize + nameLength + extraLength + commentLength;
        }
        if (at != directory.Length) throw new FormatException($"the archive's directory has more than the {count} entries announced");
    }

    // Numbers too large for 32 bits stand in an extra field, in this order, those alone that do not fit.
    private static (long Length, long Stored, long Header) Wide(ReadOnlySpan<byte> extra, uint length, uint stored, uint header)
    {
        Span<long> numbers = [length, stored, header];
        while (extra.Length >= 4)
        {
            var (id, size) = (BinaryPrimitives.ReadUInt16LittleEndian(extra), BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]));
            if (size > extra.Length - 4) throw new FormatException("an entry's extra field is damaged");
            var field = extra.Slice(4, size);
            for (var i = 0; id == 1 && i < 3; i++)
                if (numbers[i] == uint.MaxValue && field.Length >= 8)
                {
                    numbers[i] = BinaryPrimitives.ReadInt64LittleEndian(field);
                    field = field[8..];
                }
            extra = extra[(4 + size)..];
        }
        return numbers[0] >= 0 && numbers[1] >= 0 && numbers[2] >= 0 ? (numbers[0], numbers[1], numbers[2])
            : throw new FormatException("an entry's sizes are negative");
    }

    private byte[] Bytes(long start, long length)
    {
        if (start < 0 || length < 0 || start > file.Length || length > file.Length - start || length > Array.MaxLength)
            throw new FormatException($"the archive points at {length} bytes from {start} on, the file has {file.Length}");
        var bytes = new byte[length];
        file.Copy(start, bytes);
        return bytes;
    }

    private static ushort UInt16(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));

    private static uint UInt32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static long Int64(byte[] bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));

    private readonly record struct Entry(long Header, long Stored, long Length, ushort Flags, ushort Method);
}
