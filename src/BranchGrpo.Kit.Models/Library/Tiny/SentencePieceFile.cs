using System.Text;

namespace BranchGrpo.Kit.Models.Library.Tiny;

/// <summary>A SentencePiece unigram model as its protocol buffer: pieces (field 1), trainer (2) and normaliser settings (3).</summary>
/// <remarks>Pieces 0, 1 and 2 are pad, end and unknown, and there is no beginning (−1), as in T5. No character is mapped to another.</remarks>
internal sealed class SentencePieceFile
{
    private const int Normal = 1, Unknown = 2, Control = 3;
    private readonly List<(string Text, float Score, int Type)> pieces = [("<pad>", 0, Control), ("</s>", 0, Control), ("<unk>", 0, Unknown)];

    public int Count => pieces.Count;

    public void Add(string text, float score) => pieces.Add((text, score, Normal));

    public void Write(string path)
    {
        using var file = new MemoryStream();
        foreach (var (text, score, type) in pieces)
            Message(file, 1, piece =>
            {
                Text(piece, 1, text);
                piece.WriteByte(2 << 3 | 5);                                    // 32 bits, little-endian
                piece.Write(BitConverter.GetBytes(score));
                Number(piece, 3, type);
            });
        Message(file, 2, trainer =>
        {
            Number(trainer, 3, 1);                                              // model type: unigram
            Number(trainer, 4, pieces.Count);
            Number(trainer, 40, 2);                                             // unknown, beginning, end, pad
            Number(trainer, 41, -1);
            Number(trainer, 42, 1);
            Number(trainer, 43, 0);
        });
        Message(file, 3, normaliser =>
        {
            Text(normaliser, 1, "identity");
            Number(normaliser, 3, 1);                                           // dummy prefix, one space for many, spaces as U+2581
            Number(normaliser, 4, 1);
            Number(normaliser, 5, 1);
        });
        File.WriteAllBytes(path, file.ToArray());
    }

    private static void Message(Stream target, int field, Action<Stream> fill)
    {
        using var inner = new MemoryStream();
        fill(inner);
        Bytes(target, field, inner.ToArray());
    }

    private static void Text(Stream target, int field, string text) => Bytes(target, field, Encoding.UTF8.GetBytes(text));

    private static void Bytes(Stream target, int field, byte[] bytes)
    {
        Varint(target, (ulong)(field << 3 | 2));
        Varint(target, (ulong)bytes.Length);
        target.Write(bytes);
    }

    private static void Number(Stream target, int field, int value)
    {
        Varint(target, (ulong)(field << 3));
        Varint(target, unchecked((ulong)(long)value));                          // negative numbers take ten bytes
    }

    private static void Varint(Stream target, ulong value)
    {
        for (; value >= 0x80; value >>= 7) target.WriteByte((byte)(value | 0x80));
        target.WriteByte((byte)value);
    }
}
