using System.Buffers.Binary;
using System.Text;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>The normalisation table of a SentencePiece model (<c>precompiled_charsmap</c>): a double-array trie over UTF-8 from sequences of
/// characters to their replacements.</summary>
/// <remarks>Layout: trie size in bytes, 32-bit units of the trie (bits 0–7 label, 8 has a leaf, 9 and 10–31 offset; bit 31 marks the value in a leaf), then the
/// replacements, each ended by a zero byte.</remarks>
internal sealed class CharacterMap
{
    private readonly uint[] units;
    private readonly byte[] replacements;

    /// <param name="table">The bytes in the model; empty for no normalisation.</param>
    public CharacterMap(ReadOnlySpan<byte> table)
    {
        var size = table.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(table);
        if (table.Length > 0 && (size % 4 != 0 || size == 0 || size + 4 > (uint)table.Length))
            throw new InvalidDataException($"Normalisation table of {table.Length} bytes says that its trie has {size}.");
        units = new uint[size / 4];
        for (var i = 0; i < units.Length; i++) units[i] = BinaryPrimitives.ReadUInt32LittleEndian(table[(4 + 4 * i)..]);
        replacements = table.Length > 0 ? table[(int)(4 + size)..].ToArray() : [];
    }

    /// <summary>Looks up the beginning of a text.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="longest">The longest entry that the text begins with, else the shortest.</param>
    /// <param name="length">Bytes of the text that it replaces.</param>
    /// <returns>UTF-8; null where the text begins with no entry.</returns>
    public byte[]? Find(ReadOnlySpan<byte> text, bool longest, out int length)
    {
        length = 0;
        if (units.Length == 0) return null;
        uint value = 0;
        var node = Offset(units[0]);
        for (var i = 0; i < text.Length; i++)
        {
            node ^= text[i];
            if (node >= units.Length || (units[node] & 0x800000FF) != text[i]) break;
            var unit = units[node];
            node ^= Offset(unit);
            if ((unit & 0x100) == 0 || node >= units.Length) continue;
            (value, length) = (units[node] & 0x7FFFFFFF, i + 1);
            if (!longest) break;
        }
        if (length == 0) return null;
        if (value >= replacements.Length) throw new InvalidDataException("Normalisation table points beyond its end.");
        var rest = replacements.AsSpan((int)value);
        var end = rest.IndexOf((byte)0);
        return rest[..(end < 0 ? rest.Length : end)].ToArray();
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}
