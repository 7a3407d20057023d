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
    /// <summary>Digits of the two fingerprints.</summary>
    public const int Digits = 8;

    public static LeafKey Of(Variant variant, string policy, LeafOptions options) => new(
        variant.Name, Fingerprint.Of(SettingsText.Of(variant.Recipe.Plan), Digits), policy, options.Samples, options.Seed);
}
