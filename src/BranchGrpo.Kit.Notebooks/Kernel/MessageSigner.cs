using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>Signatures of messages: HMAC-SHA256 over header, parent header, metadata and content.</summary>
internal sealed class MessageSigner(byte[] key)
{
    // All that were ever received: a client that could wait for old ones to be forgotten could replay them. Half a signature tells them apart.
    private readonly HashSet<UInt128> seen = [];
    private readonly Lock gate = new();

    /// <summary>Signature in lower-case hexadecimal digits, as it is sent.</summary>
    public byte[] Sign(IEnumerable<byte[]> parts)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        foreach (var part in parts) hash.AppendData(part);
        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Accepts a message once.</summary>
    /// <exception cref="InvalidDataException">It is not signed, not with our key, or was accepted before.</exception>
    public void Check(byte[] signature, IReadOnlyList<byte[]> parts)
    {
        if (signature.Length == 0) throw new InvalidDataException("not signed");
        var right = Sign(parts);
        if (!CryptographicOperations.FixedTimeEquals(signature, right)) throw new InvalidDataException("wrong signature");
        var half = BinaryPrimitives.ReadUInt128BigEndian(Convert.FromHexString(Encoding.ASCII.GetString(right)));
        lock (gate)
        {
            if (!seen.Add(half)) throw new InvalidDataException("received before");
        }
    }
}
