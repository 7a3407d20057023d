namespace BranchGrpo.Kit.Notebooks;

/// <summary>What the intervals of a study carry, in the words of a title.</summary>
internal static class StudyStanding
{
    private const int MostNames = 2;

    /// <summary>E.g. "Test reward against DanceGRPO: BranchGRPO lower at equal iterations; BranchGRPO higher, 2 not told apart at equal seconds".</summary>
    public static string Title(string words, Ablation ablation, IReadOnlyList<StudyEffect> iterations, IReadOnlyList<StudyEffect> seconds)
    {
        var (first, second) = (Said(iterations), Said(seconds));
        var what = $"{char.ToUpperInvariant(words[0])}{words[1..]} against {ablation.Variants[0].Name}";
        return first == second ? $"{what}: {first} at equal iterations and at equal seconds"
            : $"{what}: {first} at equal iterations; {second} at equal seconds";
    }

    /// <summary>E.g. "A and B higher, C lower, 2 not told apart": whose whole interval lies above or below zero.</summary>
    public static string Said(IReadOnlyList<StudyEffect> effects)
    {
        if (effects.All(e => e.Interval is null)) return "not told apart (fewer than two common seeds)";
        string[] above = [.. effects.Where(e => e.Interval?.Side() > 0).Select(e => e.Variant)];
        string[] below = [.. effects.Where(e => e.Interval?.Side() < 0).Select(e => e.Variant)];
        var rest = effects.Count - above.Length - below.Length;
        if (rest == effects.Count) return effects.Count == 1 ? $"{effects[0].Variant} not told apart" : "none told apart";
        string[] parts = [Named(above, "higher"), Named(below, "lower"), rest == 0 ? "" : $"{rest} not told apart"];
        return string.Join(", ", parts.Where(p => p.Length > 0));
    }

    /// <summary>"one seed", "8 seeds" or "4 to 8 seeds".</summary>
    public static string Seeds(int[] counts) => (counts.Min(), counts.Max()) switch
    {
        (1, 1) => "one seed",
        var (least, most) => least == most ? $"{most} seeds" : $"{least} to {most} seeds",
    };

    private static string Named(string[] names, string how) => names.Length switch
    {
        0 => "",
        1 => $"{names[0]} {how}",
        <= MostNames => $"{string.Join(", ", names[..^1])} and {names[^1]} {how}",
        _ => $"{names.Length} {how}",
    };
}
