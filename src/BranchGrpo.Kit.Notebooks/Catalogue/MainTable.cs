using System.Globalization;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>The paper's Table 1, with the rivals it leaves out.</summary>
internal static class MainTable
{
    public static Ablation Of(Geometry geometry)
    {
        string[] published = [.. PaperTable.Rows.Select(r => r.Method)];
        Recipe[] others = [Recipes.Find("DanceGRPO-T4", geometry), .. Rivals.All(), Recipes.Find("BranchGRPO-Split", geometry)];
        return new("main", "Which method scores higher, and at what cost?", "arXiv 2509.06040v5, Table 1 (FLUX.1-dev, HPSv2.1; untrained .313)",
            "BranchGRPO .363 and its depth-pruned form .369 against DanceGRPO .360, in 0.71 and 0.45 of its time; Mix .363 in 0.21",
            [
                .. published.Select(name => new Variant(Recipes.Find(name, geometry), Figures(PaperTable.Find(name)))),
                .. others.Select(recipe => new Variant(recipe)),
            ])
        {
            IsMain = true,
            Claims = [.. Published(), .. Studied()],
        };
    }

    private static string Figures(PaperRow row) => string.Create(CultureInfo.InvariantCulture,
        $"HPSv2.1 {row.Hps:.000}, {row.Cost!.SecondsPerIteration:0} s, NFE {row.Cost.RolloutPerSample:0.##}/{row.Cost.TrainedPerSample:0.###}");

    private static IEnumerable<PublishedClaim> Published()
    {
        const string Table = "arXiv 2509.06040v5, Table 1";
        var dance = PaperTable.Find("DanceGRPO");
        foreach (var row in PaperTable.Rows.Where(r => r.Method.StartsWith("Branch", StringComparison.Ordinal)))
        {
            var (hps, ratio) = (row.Hps.ToString(".000", CultureInfo.InvariantCulture), row.Cost!.SecondsPerIteration / dance.Cost!.SecondsPerIteration);
            var source = $"{Table}: {hps} against {dance.Hps.ToString(".000", CultureInfo.InvariantCulture)}";
            yield return new($"{row.Method} scores higher than DanceGRPO after the same iterations", source, row.Method, "DanceGRPO", Place.EqualIterations);
            yield return new($"{row.Method} scores higher than DanceGRPO after the same seconds", source, row.Method, "DanceGRPO", Place.EqualSeconds);
            yield return new(string.Create(CultureInfo.InvariantCulture, $"An iteration of {row.Method} takes at most {ratio:0.00} of DanceGRPO's time"),
                string.Create(CultureInfo.InvariantCulture, $"{Table}: {row.Cost.SecondsPerIteration:0} s against {dance.Cost.SecondsPerIteration:0} s"),
                row.Method, "DanceGRPO", Place.TimeRatio, Bound: ratio);
        }
        yield return new("Depth pruning scores higher than no pruning after the same iterations", $"{Table}: .369 against .363",
            "BranchGRPO-DepPru", "BranchGRPO", Place.EqualIterations);
        yield return new("Width pruning scores higher than no pruning after the same iterations", $"{Table}: .364 against .363",
            "BranchGRPO-WidPru", "BranchGRPO", Place.EqualIterations);
        yield return new("MixGRPO scores below BranchGRPO-Mix after the same seconds", $"{Table}: .359 in 289 s against .363 in 148 s",
            "BranchGRPO-Mix", "MixGRPO", Place.EqualSeconds);
    }

    private static IEnumerable<PublishedClaim> Studied()
    {
        const string Study = "a study of four seeds with the same task, before the kit";
        yield return new("At equal iterations the paper's tree trails DanceGRPO", Study + ": -.024 to -.047", "DanceGRPO", "BranchGRPO", Place.EqualIterations);
        yield return new("Fewer denoising steps alone lift DanceGRPO", Study + ": T = 10 to 4 +.104", "DanceGRPO-T4", "DanceGRPO", Place.EqualSeconds);
        yield return new("BranchGRPO-Split leads DanceGRPO", Study + ": +.159", "BranchGRPO-Split", "DanceGRPO", Place.EqualSeconds);
        yield return new("BranchGRPO-Split leads MixGRPO", Study + ": +.094", "BranchGRPO-Split", "MixGRPO", Place.EqualSeconds);
        yield return new("BranchGRPO-Split leads the tuned chain", Study + ": +.054", "BranchGRPO-Split", "DanceGRPO-T4", Place.EqualSeconds);
        yield return new("BranchGRPO-Split leads the tuned chain on the second reward", Study + ": +.063", "BranchGRPO-Split", "DanceGRPO-T4",
            Place.EqualSeconds, "heldout");
        yield return new("BranchGRPO-Split leads MixGRPO with five steps", Study + ": +.033", "BranchGRPO-Split", "MixGRPO-T5", Place.EqualSeconds);
        yield return new("The one-split star scores higher than BranchGRPO-Split", Study + ": +.007", "Flow-GRPO-Fast", "BranchGRPO-Split", Place.EqualSeconds);
        yield return new("The one-split star drifts further from clean pictures than BranchGRPO-Split", Study + ": rmse .164 against .094",
            "Flow-GRPO-Fast", "BranchGRPO-Split", Place.EqualSeconds, "rmse");
        yield return new("TreeGRPO leads DanceGRPO", "arXiv 2512.08153: HPS .3735 against .3556", "TreeGRPO", "DanceGRPO", Place.EqualSeconds);
        yield return new("TreeGRPO leads MixGRPO", "arXiv 2512.08153: HPS .3735 against .3649", "TreeGRPO", "MixGRPO", Place.EqualSeconds);
    }
}
