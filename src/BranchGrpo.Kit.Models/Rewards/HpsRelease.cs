namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>HPSv2.0 or HPSv2.1. Their files have the same tensors and differ in numbers alone, so that only the published file name tells them apart.
/// The same pictures get about 28.7 from the one and 30.6 from the other (HPSv2's tables, × 100), the usual reason why numbers cannot be reproduced;
/// hpsv2.score loads v2.0 unless told otherwise, hpsv2.evaluate v2.1.</summary>
/// <param name="Name">As in tables.</param>
/// <param name="Range">Of the scores to expect, in words.</param>
internal sealed record HpsRelease(string Name, string Range)
{
    /// <summary>Its weights file, most wanted first: the one of BranchGRPO, DanceGRPO and MixGRPO is v2.1.</summary>
    public static readonly string[] Files = ["HPS_v2.1_compressed.pt", "HPS_v2_compressed.pt"];

    /// <summary>Told by the file name.</summary>
    public static HpsRelease Of(string path) => Path.GetFileName(path) switch
    {
        var n when n.Contains("v2.1", StringComparison.OrdinalIgnoreCase) => new("hpsv2.1", "v2.1 by its file name: expect about .25 to .37"),
        var n when n.StartsWith("HPS_v2_", StringComparison.OrdinalIgnoreCase) || n.Contains("v2.0", StringComparison.OrdinalIgnoreCase) =>
            new("hpsv2.0", "v2.0 by its file name: expect about .02 less than v2.1 gives, so do not compare with the papers' v2.1 numbers"),
        _ => new("hps", "version unknown: v2.0 and v2.1 differ in their file names alone, and v2.0 gives about .02 less"),
    };
}
