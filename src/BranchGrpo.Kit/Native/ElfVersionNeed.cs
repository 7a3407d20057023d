using System.Buffers.Binary;
using System.Text;

namespace BranchGrpo.Kit.Native;

/// <summary>Edits the symbol versions that an ELF library asks of others.</summary>
/// <remarks>TorchSharp's native library names GLIBCXX_3.4.32, which Debian 12 and Ubuntu 22.04 lack, but uses no symbol of it.
/// Marked weak (VER_FLG_WEAK, 0x2 in .gnu.version_r), a missing version is no error to the dynamic linker.</remarks>
internal static class ElfVersionNeed
{
    private const uint SectionTypeVersionNeed = 0x6ffffffe;
    private const ushort WeakFlag = 2;

    /// <summary>Marks a needed version weak wherever it is needed.</summary>
    /// <param name="image">A 64-bit little-endian ELF file; changed in place.</param>
    /// <param name="version">E.g. "GLIBCXX_3.4.32".</param>
    /// <returns>Number of needs changed.</returns>
    /// <exception cref="BadImageFormatException">Not such a file.</exception>
    public static int Weaken(Span<byte> image, string version)
    {
        if (image.Length < 64
            || !image[..6].SequenceEqual("\u007fELF\u0002\u0001"u8)) throw new BadImageFormatException("expected a 64-bit little-endian ELF file");
        var (sections, size, count) = ((int)Long(image, 0x28), Short(image, 0x3A), Short(image, 0x3C));
        var changed = 0;
        for (var i = 0; i < count; i++)
        {
            var section = sections + i * size;
            if (Int(image, section + 4) != SectionTypeVersionNeed) continue;
            var strings = (int)Long(image, sections + (int)Int(image, section + 40) * size + 24);
            changed += WeakenIn(image, (int)Long(image, section + 24), (int)Int(image, section + 44), strings, version);
        }
        return changed;
    }

    // Verneed: version u16, aux count u16, file u32, aux offset u32, next u32. Vernaux: hash u32, flags u16, other u16, name u32, next u32.
    private static int WeakenIn(Span<byte> image, int need, int needs, int strings, string version)
    {
        var changed = 0;
        for (; needs > 0; needs--)
        {
            var auxiliary = need + (int)Int(image, need + 8);
            for (var k = Short(image, need + 2); k > 0; k--)
            {
                var name = image[(strings + (int)Int(image, auxiliary + 8))..];
                if (Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]) == version)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(image[(auxiliary + 4)..], (ushort)(Short(image, auxiliary + 4) | WeakFlag));
                    changed++;
                }
                auxiliary += (int)Int(image, auxiliary + 12);
            }
            need += (int)Int(image, need + 12);
        }
        return changed;
    }

    private static ushort Short(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadUInt16LittleEndian(image[at..]);

    private static uint Int(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadUInt32LittleEndian(image[at..]);

    private static long Long(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadInt64LittleEndian(image[at..]);
}
