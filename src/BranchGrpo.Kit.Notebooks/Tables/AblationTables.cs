using System.Globalization;
using Microsoft.Data.Analysis;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Tables that judge runs: beside the paper, and against what training did not see.</summary>
public static class AblationTables
{
    /// <summary>The paper's Table 1 beside a study: time per iteration relative to DanceGRPO, and what is gained over it.</summary>
    /// <param name="study">The runs.</param>
    /// <param name="main">The entry whose variants the paper has; those without runs are left out.</param>
    public static DataFrame BesidePaper(this Study study, Ablation main)
    {
        var runs = study.For(main);
        var dance = PaperTable.Find("DanceGRPO");
        PaperRow[] rows = [.. PaperTable.Rows.Where(r => r.Method != dance.Method && !runs.Of(r.Method).IsEmpty)];
        string Here(PaperRow row, Place place) => $"{runs.Effect(row.Method, dance.Method, place)}";
        return new(
            new StringDataFrameColumn("against DanceGRPO", rows.Select(r => r.Method)),
            new StringDataFrameColumn("paper: time ratio", rows.Select(r =>
                (r.Cost!.SecondsPerIteration / dance.Cost!.SecondsPerIteration).ToString("0.00", CultureInfo.InvariantCulture))),
            new StringDataFrameColumn("here: time ratio", rows.Select(r => Here(r, Place.TimeRatio))),
            new StringDataFrameColumn("paper: HPSv2.1", rows.Select(r => (r.Hps - dance.Hps).ToString(Signed, CultureInfo.InvariantCulture))),
            new StringDataFrameColumn("here: reward, equal iterations", rows.Select(r => Here(r, Place.EqualIterations))),
            new StringDataFrameColumn("here: reward, equal seconds", rows.Select(r => Here(r, Place.EqualSeconds))));
    }

    /// <summary>The hacking monitor: what the optimised reward gained, and what the scores gained that no training sees. A warning where they
    /// part.</summary>
    /// <remarks>Gains over the base policy at equal seconds, means over seeds. "hacked?" where the reward rises and the held-out reward or the verifier falls
    /// by more than its noise (one standard error over seeds, at least 0.01); "drifting" where the held-out reward sees less than half of the gain.</remarks>
    public static DataFrame HackingMonitor(this Comparison comparison)
    {
        var rows = comparison.Methods;
        return new DataFrame(
            new StringDataFrameColumn("method", rows.Select(r => r.Method)),
            Column("reward gain", rows, r => At(r, "reward")?.Mean, Signed),
            Column("held-out reward gain", rows, r => At(r, "heldout")?.Mean, Signed),
            Column("verifier gain", rows, r => At(r, "verifier")?.Mean, Signed),
            Column("diversity gain", rows, r => At(r, "diversity")?.Mean, Signed),
            Column("KL to base", rows, r => At(r, "kl")?.Mean, "0.000"),
            new StringDataFrameColumn("warning", rows.Select(r => Warning(At(r, "reward"), At(r, "heldout"), At(r, "verifier")))));

        Spread? At(MethodRuns runs, string score) => Gain(runs, score, comparison.AtSeconds);
    }

    /// <summary>What the monitor says of three gains; nothing where any is unknown.</summary>
    internal static string Warning(Spread? reward, Spread? heldOut, Spread? verifier)
    {
        if ((reward, heldOut, verifier) is not ({ } r, { } h, { } v) || r.Mean <= 0) return "";
        return Falls(h) || Falls(v) ? "hacked?" : h.Mean < 0.5 * r.Mean ? "drifting" : "";

        static bool Falls(Spread gain) => gain.Mean < -Math.Max(0.01, (gain.Deviation ?? 0) / Math.Sqrt(gain.Count));
    }

    private const string Signed = "+0.000;-0.000;0.000";

    private static Spread? Gain(MethodRuns runs, string score, Func<RunRecord, string, double?> at) =>
        runs.At(r => at(r, score) - Comparison.AtIteration(r, score, 0));

    private static StringDataFrameColumn Column(string name, IEnumerable<MethodRuns> rows, Func<MethodRuns, double?> value, string format) =>
        new(name, rows.Select(r => value(r)?.ToString(format, CultureInfo.InvariantCulture) ?? ""));
}
