namespace BranchGrpo.Kit.Notebooks;

/// <summary>Says who is ahead, and claims no more than the seeds carry.</summary>
/// <remarks>A is ahead of B when the 95 % interval of the difference, paired by seed (<see cref="PairedEffect"/>), lies above zero. One seed shows no
/// spread, so then nothing is called ahead.</remarks>
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

    private static string Line(string where, MethodRuns rival, MethodRuns[] methods, Func<RunRecord, double?> score)
    {
        var groups = methods.Select(m => Against(m, rival, score)).GroupBy(x => x.Outcome)
            .ToDictionary(g => g.Key, g => string.Join(", ", g.Select(x => x.Text)));
        var one = methods.All(m => m.Runs.Count < 2);
        var parts = new[] { (1, "ahead"), (0, one ? "difference" : "not told apart"), (-1, "behind") }
            .Where(p => groups.ContainsKey(p.Item1)).Select(p => $"{p.Item2}: {groups[p.Item1]}");
        return $"{where}, test reward against {rival.Method} ({rival.At(score)}): {string.Join("; ", parts)}.";
    }

    private static (int Outcome, string Text) Against(MethodRuns method, MethodRuns rival, Func<RunRecord, double?> score)
    {
        var effect = PairedEffect.Difference(Values(method), Values(rival));
        return (effect?.Interval?.Side() ?? 0, $"{method.Method} {effect?.ToString() ?? "no common seed"}");

        Dictionary<ulong, double> Values(MethodRuns runs) =>
            (from run in runs.Runs let value = score(run.Record) where value is not null select (run.Seed, value.Value)).ToDictionary();
    }
}
