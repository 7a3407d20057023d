using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Native;

/// <summary>Floating-point numbers of 8 bits as float32, exactly.</summary>
internal static class Float8
{
    private static readonly float[] E5M2 = [.. Enumerable.Range(0, 256).Select(b => (float)BitConverter.UInt16BitsToHalf((ushort)(b << 8)))];

    // Bits seeemmm read as those of a half lack 15 − 7 in the exponent. There is no infinity; all ones is nan.
    private static readonly float[] E4M3 = [.. Enumerable.Range(0, 256).Select(b => (b & 0x7f) == 0x7f ? float.NaN
        : 256 * (float)BitConverter.UInt16BitsToHalf((ushort)((b & 0x80) << 8 | (b & 0x7f) << 7)))];

    public static void Expand(MappedFile file, SafeTensorEntry entry, Tensor target)
    {
        var (values, buffer, start) = (entry.Format == "F8_E4M3" ? E4M3 : E5M2, new byte[1 << 16], entry.Start);
        foreach (var part in MappedFile.Parts(target))
        {
            var floats = MemoryMarshal.Cast<byte, float>(part.bytes);
            for (var i = 0; i < floats.Length; i++)
            {
                if (i % buffer.Length == 0)
                {
                    var count = Math.Min(buffer.Length, floats.Length - i);
                    file.Copy(start, buffer.AsSpan(0, count));
                    start += count;
                }
                floats[i] = values[buffer[i % buffer.Length]];
            }
        }
    }
}
