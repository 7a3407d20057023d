using System.Runtime.InteropServices;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Files;

/// <summary>Floating-point numbers of 8 bits as float32, exactly: torch computes with neither form on a CPU.</summary>
internal static class Float8
{
    private static readonly Dictionary<string, float[]> Tables = new()
    {
        ["F8_E5M2"] = [.. Enumerable.Range(0, 256).Select(b => (float)BitConverter.UInt16BitsToHalf((ushort)(b << 8)))],

        // Bits seeeemmm read as those of a half lack 15 − 7 in the exponent. There is no infinity; all ones is nan.
        ["F8_E4M3"] = [.. Enumerable.Range(0, 256).Select(b => (b & 0x7f) == 0x7f ? float.NaN
            : 256 * (float)BitConverter.UInt16BitsToHalf((ushort)((b & 0x80) << 8 | (b & 0x7f) << 7)))],
    };

    /// <summary>Whether a type of a safetensors file is one of the two.</summary>
    public static bool Is(string format) => Tables.ContainsKey(format);

    /// <param name="bytes">As stored.</param>
    /// <param name="format">F8_E4M3 or F8_E5M2.</param>
    /// <returns>float32 of the same shape; the caller owns it.</returns>
    public static Tensor Expand(Tensor bytes, string format)
    {
        var (table, floats) = (Tables[format], empty(bytes.shape));
        foreach (var (from, into) in MappedFile.Parts(bytes).Zip(MappedFile.Parts(floats)))
        {
            ReadOnlySpan<byte> source = from.bytes;
            var target = MemoryMarshal.Cast<byte, float>(into.bytes);
            for (var i = 0; i < source.Length; i++) target[i] = table[source[i]];
        }
        return floats;
    }
}
