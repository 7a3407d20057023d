using System.Globalization;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>What the paper reports of its leaves: FLUX.1-dev, 4096 samples, BranchGRPO, arXiv 2509.06040v5. Other features, other scale: only the
/// size beside a null level could be compared, and none is published.</summary>
public static class PaperLeaves
{
    /// <summary>Number of samples.</summary>
    public const int Samples = 4096;

    /// <summary>Kernel distance with Inception and with CLIP features.</summary>
    public static (double Inception, double Clip) Kid { get; } = (0.0057, 0.00022);

    /// <summary>MMD² with Inception and with CLIP features; kernel and bandwidth are not told. An older project page has .019.</summary>
    public static (double Inception, double Clip) Mmd { get; } = (0.0067, 0.0149);

    /// <summary>LPIPS, mean over pairs of one prompt, under branching schedules and of DanceGRPO (Table 3).</summary>
    public static (double Branching, double DanceGrpo) PictureDistance { get; } = (0.713, 0.723);

    /// <summary>All of it in one line.</summary>
    public static string Line { get; } = string.Create(CultureInfo.InvariantCulture,
        $"Published (arXiv 2509.06040v5, FLUX.1-dev, {Samples} samples, no null level): Inception KID {Kid.Inception:.0000}, MMD² {Mmd.Inception:.0000}; ")
        + string.Create(CultureInfo.InvariantCulture,
        $"CLIP KID {Kid.Clip:.00000}, MMD² {Mmd.Clip:.0000}; LPIPS of two pictures of a prompt ")
        + string.Create(CultureInfo.InvariantCulture, $"{PictureDistance.Branching:.000} branching, {PictureDistance.DanceGrpo:.000} DanceGRPO");
}
