namespace BranchGrpo.Kit.Notebooks;

/// <summary>Says who is ahead, and claims no more than the seeds carry.</summary>
/// <remarks>
/// A is ahead of B when the mean difference of the runs with the same seeds exceeds the larger of the two methods' standard deviations over
/// seeds and every seed agrees; otherwise it is a tie. One seed shows no spread, so then nothing is called ahead.
/// </remarks>
public static class Verdict
{
    private const string OneSeed =
        "One seed: the spread over seeds is unknown, so the differences below are what was measured, not evidence of who is better.";

    /// <summary>Test reward of each method against DanceGRPO, and of BranchGRPO-Split against the tuned chain, at equal iterations and equal
    /// seconds.</summary>
    public static IEnumerable<string> Lines(Comparison c)
    {
        if (c.Scores.All(s => s.Name != "reward")) yield break;
        (string Rival, string[] Methods)[] questions =
        [
            ("DanceGRPO", [.. c.Methods.Select(m => m.Method).Where(m => m is not "DanceGRPO")]),
            ("DanceGRPO-T4", ["BranchGRPO-Split"]),
        ];
        if (c.Seeds < 2 && questions.Any(q => c.Find(q.Rival) is not null && q.Methods.Any(m => c.Find(m) is not null))) yield return OneSeed;
        foreach (var (rival, methods) in questions)
        {
            if (c.Find(rival) is not { } baseline) continue;
            var others = methods.Select(c.Find).OfType<MethodRuns>().ToArray();
            if (others.Length == 0) continue;
            yield return Line($"At {c.EqualIterations} iterations", baseline, others, r => c.AtIterations(r, "reward"));
            yield return Line(FormattableString.Invariant($"At {c.EqualSeconds:0.#} seconds"), baseline, others, r => c.AtSeconds(r, "reward"));
        }
    }

    /// <summary>+1 ahead, −1 behind, 0 a tie or not known.</summary>
    public static int Compare(IReadOnlyList<double> a, IReadOnlyList<double> b)
    {
        if (a.Count < 2) return 0;
        var differences = a.Zip(b, (x, y) => x - y).ToArray();
        var noise = Math.Max(Deviation(a), Deviation(b));
        var sign = Math.Sign(differences.Average());
        return Math.Abs(differences.Average()) > noise && differences.All(d => Math.Sign(d) == sign) ? sign : 0;
    }

    private static double Deviation(IReadOnlyList<double> values) => Spread.Of(values.Select(v => (double?)v))!.Value.Deviation!.Value;

    private static string Line(string where, MethodRuns rival, MethodRuns[] methods, Func<RunRecord, double?> score)
    {
        var groups = methods.Select(m => Against(m, rival, score)).GroupBy(x => x.Outcome)
            .ToDictionary(g => g.Key, g => string.Join(", ", g.Select(x => x.Text)));
        var one = methods.All(m => m.Runs.Count < 2);
        var parts = new[] { (1, "ahead"), (0, one ? "difference" : "tie (within the spread over seeds)"), (-1, "behind") }
            .Where(p => groups.ContainsKey(p.Item1)).Select(p => $"{p.Item2}: {groups[p.Item1]}");
        return $"{where}, test reward against {rival.Method} ({rival.At(score)}): {string.Join("; ", parts)}.";
    }

    private static (int Outcome, string Text) Against(MethodRuns method, MethodRuns rival, Func<RunRecord, double?> score)
    {
        var pairs = (from a in method.Runs
                     join b in rival.Runs on a.Seed equals b.Seed
                     let x = score(a.Record)
                     let y = score(b.Record)
                     where x is not null && y is not null
                     select (x.Value, y.Value)).ToArray();
        double[] left = [.. pairs.Select(p => p.Item1)], right = [.. pairs.Select(p => p.Item2)];
        var difference = Spread.Of(left.Zip(right, (x, y) => (double?)(x - y)));
        return (Compare(left, right), $"{method.Method} {difference?.ToString("+0.000;-0.000;0.000").Replace("± +", "± ") ?? "no common seed"}");
    }
}
