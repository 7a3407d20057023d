using System.Security.Cryptography;
using System.Text;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Short names of long texts, and names of files.</summary>
internal static class Fingerprint
{
    /// <summary>The first hexadecimal digits of the SHA-256 of a text in UTF-8.</summary>
    public static string Of(string text, int digits = 10) => Of(Encoding.UTF8.GetBytes(text), digits);

    /// <summary>The same of bytes.</summary>
    public static string Of(byte[] bytes, int digits = 10) => Convert.ToHexStringLower(SHA256.HashData(bytes))[..digits];

    /// <summary>A name with every character replaced that is not an ASCII letter, a digit, - or a point.</summary>
    public static string FileName(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '_'));
}
