using System.Security.Cryptography;
using System.Text;
using BranchGrpo.Kit;

namespace BranchGrpo.Cli.Leaves;

/// <summary>One variant's result, with all that decides it: a row is computed again only where one of these is new.</summary>
/// <param name="Key">What was measured.</param>
/// <param name="Result">What was found.</param>
internal sealed record LeafRow(LeafKey Key, LeafResult Result);

/// <summary>What decides a result.</summary>
/// <param name="Variant">Name.</param>
/// <param name="Plan">Fingerprint of how its trees grow.</param>
/// <param name="Policy">"base", or the checkpoint's fingerprint.</param>
/// <param name="Samples">As asked for.</param>
/// <param name="Seed">Of all noise.</param>
internal sealed record LeafKey(string Variant, string Plan, string Policy, int Samples, ulong Seed)
{
    public static LeafKey Of(Variant variant, string policy, LeafOptions options) => new(
        variant.Name, Fingerprint(Encoding.UTF8.GetBytes(SettingsText.Of(variant.Recipe.Plan))), policy, options.Samples, options.Seed);

    /// <summary>The first 32 bits of a SHA-256.</summary>
    public static string Fingerprint(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes))[..8];
}
