namespace BranchGrpo.Kit.Models.Text;

/// <summary>The Windows-1252 code page; the five bytes that it leaves open stand for the control characters of the same number.</summary>
internal static class Windows1252
{
    private const string Table = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

    /// <summary>Character of a byte.</summary>
    public static char Decode(byte value) => value is >= 0x80 and <= 0x9F ? Table[value - 0x80] : (char)value;

    /// <summary>Byte of a character of this code page or of Latin-1, whose control characters have the same bytes, if there is one.</summary>
    public static bool TryEncode(char c, out byte value)
    {
        var at = c < 0x100 ? -1 : Table.IndexOf(c);
        value = at >= 0 ? (byte)(at + 0x80) : (byte)c;
        return at >= 0 || c < 0x100;
    }
}
