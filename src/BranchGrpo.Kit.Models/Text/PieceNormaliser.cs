using System.Globalization;
using System.Text;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>Text as a SentencePiece model sees it: replaced by its table, spaces as U+2581.</summary>
internal static class PieceNormaliser
{
    /// <summary>Stands for a space.</summary>
    public const char Space = '▁';

    /// <summary>As the original does it: at each place the longest entry of the table; spaces at the start, at the end and in runs dropped; one in
    /// front.</summary>
    public static string Original(PieceModel model, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var built = new StringBuilder(text.Length + 1);
        if (model.DummyPrefix) built.Append(Space);
        var afterSpace = model.Squeeze;
        var started = !model.Squeeze;
        for (var at = 0; at < bytes.Length;)
        {
            var piece = Next(model, bytes.AsSpan(at), out var length);
            at += length;
            if (!started && piece == " ") continue;
            started = true;
            if (afterSpace) piece = piece.TrimStart(' ');
            if (piece.Length == 0) continue;
            built.Append(piece.Replace(' ', Space));
            afterSpace = model.Squeeze && piece[^1] == ' ';
        }
        if (!started) return "";
        return model.Squeeze ? built.ToString().TrimEnd(Space) : built.ToString();
    }

    /// <summary>As the fast tokenizers do it: whole clusters of up to 5 bytes by the shortest entry they begin with, else code points by theirs; no
    /// spaces at the end, runs of spaces as one. Spaces stay spaces.</summary>
    public static string Fast(PieceModel model, string text)
    {
        var built = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var length = StringInfo.GetNextTextElementLength(text, at);
            var cluster = text.Substring(at, length);
            at += length;
            if (Shortest(model, cluster, 5) is { } whole) built.Append(whole);
            else foreach (var rune in cluster.EnumerateRunes()) built.Append(Shortest(model, rune.ToString(), 4) ?? rune.ToString());
        }
        var normal = built.ToString().TrimEnd();
        built.Clear();
        foreach (var c in normal)
            if (c != ' ' || built.Length == 0 || built[^1] != ' ') built.Append(c);
        return built.ToString();
    }

    private static string Next(PieceModel model, ReadOnlySpan<byte> text, out int length)
    {
        if (model.Map.Find(text, longest: true, out length) is { } replaced) return Encoding.UTF8.GetString(replaced);
        Rune.DecodeFromUtf8(text, out var rune, out length);
        return rune.ToString();
    }

    private static string? Shortest(PieceModel model, string text, int most)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length <= most && model.Map.Find(bytes, longest: false, out _) is { } replaced ? Encoding.UTF8.GetString(replaced) : null;
    }
}
