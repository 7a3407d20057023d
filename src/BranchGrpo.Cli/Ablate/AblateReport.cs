namespace BranchGrpo.Cli.Ablate;

/// <summary>What a study says, on the console.</summary>
internal static class AblateReport
{
    /// <summary>Every entry with its claims judged.</summary>
    public static void Print(AblatePlan plan, Study study)
    {
        foreach (var entry in plan.Entries)
        {
            Console.WriteLine($"\n{entry.Name}: {entry.Question} ({entry.Source})");
            if (entry.Finding.Length > 0) Console.WriteLine($"published: {entry.Finding}");
            foreach (var verdict in study.Judge(entry)) Console.WriteLine(verdict.Sentence);
        }
        Console.WriteLine("""

            Intervals: 95 %, Student's t on differences paired by seed. One in twenty of them misses its value by chance alone, and there are many.
            """);
    }
}
