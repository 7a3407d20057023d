using System.Text;
using Google.Protobuf;
using Microsoft.ML.Tokenizers;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>A SentencePiece unigram model, <c>spiece.model</c>. The best path is Microsoft.ML.Tokenizers'; what it does differently from the original is done
/// here: it refuses models without a start piece, keeps characters that the normalisation deletes, gives one unknown id per character, and gives wrong ids for
/// bytes.</summary>
internal sealed class PieceModel
{
    private const int Unigram = 1;

    private readonly SentencePieceTokenizer paths;
    private readonly int[]? bytes;

    private PieceModel(SentencePieceTokenizer paths, Header header)
    {
        this.paths = paths;
        Map = new CharacterMap(header.Table);
        (UnknownId, Count) = (header.Unknown, header.Count);
        if (header.ByteFallback)
            bytes = [.. Enumerable.Range(0, 256).Select(b => header.Pieces.TryGetValue($"<0x{b:X2}>", out var id) ? id
                : throw new InvalidDataException($"A model with byte fallback needs the piece <0x{b:X2}>."))];
        (DummyPrefix, Squeeze) = (header.DummyPrefix, header.Squeeze);
        Pieces = header.Pieces;
    }

    /// <summary>Normalisation table.</summary>
    public CharacterMap Map { get; }

    /// <summary>Whether a space is put before the text.</summary>
    public bool DummyPrefix { get; }

    /// <summary>Whether runs of spaces count as one, and those at the ends as none.</summary>
    public bool Squeeze { get; }

    /// <summary>Id of what no piece covers.</summary>
    public int UnknownId { get; }

    /// <summary>Number of pieces.</summary>
    public int Count { get; }

    /// <summary>Ids of pieces.</summary>
    public IReadOnlyDictionary<string, int> Pieces { get; }

    /// <summary>Opens a model file.</summary>
    public static PieceModel Load(string path)
    {
        var header = new Header(File.ReadAllBytes(path), path);
        return new PieceModel(SentencePieceTokenizer.Create(new MemoryStream(header.Accepted()), addBeginningOfSentence: false, addEndOfSentence: false),
            header);
    }

    /// <summary>Ids along the best path through a normalised text. A run of characters without a piece is one unknown id, or the ids of its UTF-8 bytes where
    /// the model has them.</summary>
    /// <param name="text">With U+2581 for spaces.</param>
    /// <param name="useBytes">False gives unknown ids even where the model has bytes.</param>
    public IEnumerable<int> Encode(string text, bool useBytes = true)
    {
        var unknown = false;
        foreach (var token in paths.EncodeToTokens(text, out _, addBeginningOfSentence: false, addEndOfSentence: false, considerPreTokenization: false,
                     considerNormalization: false))
        {
            if (token.Id != UnknownId) yield return token.Id;
            else if (useBytes && bytes is not null)
                foreach (var b in Encoding.UTF8.GetBytes(token.Value)) yield return bytes[b];
            else if (!unknown) yield return UnknownId;
            unknown = token.Id == UnknownId;
        }
    }

    // The parts of the model's protocol buffer that matter here. Numbers are those of sentencepiece_model.proto.
    private sealed class Header
    {
        private readonly List<(int Field, ByteString Bytes)> parts = [];

        public Header(byte[] file, string path)
        {
            var input = new CodedInputStream(file);
            var kind = Unigram;
            for (uint tag; (tag = input.ReadTag()) != 0;)
            {
                if (WireFormat.GetTagWireType(tag) != WireFormat.WireType.LengthDelimited)
                    throw new InvalidDataException($"{path} is not a SentencePiece model.");
                var part = (Field: WireFormat.GetTagFieldNumber(tag), Bytes: input.ReadBytes());
                parts.Add(part);
                if (part.Field == 1) AddPiece(part.Bytes);
                if (part.Field == 2) Read(part.Bytes, (field, value, _) =>
                {
                    if (field == 3) kind = (int)value;
                    if (field == 35) ByteFallback = value != 0;
                    if (field == 40) Unknown = (int)value;
                });
                if (part.Field == 3) Read(part.Bytes, (field, value, content) =>
                {
                    if (field == 2) Table = content.ToByteArray();
                    if (field == 3) DummyPrefix = value != 0;
                    if (field == 4) Squeeze = value != 0;
                });
            }
            if (kind != Unigram || Count == 0) throw new InvalidDataException($"{path}: expected a unigram model, found kind {kind} with {Count} pieces.");
        }

        public Dictionary<string, int> Pieces { get; } = new(StringComparer.Ordinal);

        public int Count { get; private set; }

        public bool ByteFallback { get; private set; }

        public int Unknown { get; private set; }

        public byte[] Table { get; private set; } = [];

        public bool DummyPrefix { get; private set; } = true;

        public bool Squeeze { get; private set; } = true;

        /// <summary>The file with a start piece that exists and without byte fallback: the last value of a field counts, so both are appended.</summary>
        public byte[] Accepted()
        {
            var output = new MemoryStream();
            var writer = new CodedOutputStream(output, leaveOpen: true);
            foreach (var (field, bytes) in parts)
            {
                writer.WriteTag(field, WireFormat.WireType.LengthDelimited);
                writer.WriteBytes(field == 2 ? ByteString.CopyFrom([.. bytes.Span, .. Overrides()]) : bytes);
            }
            writer.Flush();
            return output.ToArray();
        }

        private byte[] Overrides()
        {
            var output = new MemoryStream();
            var writer = new CodedOutputStream(output, leaveOpen: true);
            writer.WriteTag(35, WireFormat.WireType.Varint);
            writer.WriteBool(false);
            writer.WriteTag(41, WireFormat.WireType.Varint);
            writer.WriteInt32(Unknown);
            writer.Flush();
            return output.ToArray();
        }

        private void AddPiece(ByteString piece)
        {
            Read(piece, (field, _, content) =>
            {
                if (field == 1) Pieces.TryAdd(content.ToStringUtf8(), Count);
            });
            Count++;
        }

        private static void Read(ByteString message, Action<int, ulong, ByteString> entry)
        {
            var input = message.CreateCodedInput();
            for (uint tag; (tag = input.ReadTag()) != 0;)
            {
                var field = WireFormat.GetTagFieldNumber(tag);
                switch (WireFormat.GetTagWireType(tag))
                {
                    case WireFormat.WireType.Varint: entry(field, input.ReadUInt64(), ByteString.Empty); break;
                    case WireFormat.WireType.LengthDelimited: entry(field, 0, input.ReadBytes()); break;
                    default: input.SkipLastField(); break;
                }
            }
        }
    }
}
