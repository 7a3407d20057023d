using System.Text;
using BranchGrpo.Cli.Compare;
using Microsoft.Data.Analysis;

namespace BranchGrpo.Cli.Ablate;

/// <summary>What a study says: every entry's tables and its claims judged, on the console and as Markdown.</summary>
internal static class AblateReport
{
    /// <summary>Name of the Markdown file.</summary>
    public const string File = "report.md";

    private const string Note = "Intervals: 95 %, Student's t on differences paired by seed, for one comparison at a time; "
        + "of many, one in twenty misses by chance alone.";

    /// <summary>Prints the entries asked for, and writes all entries of which two variants have runs to a file; tables of all methods have a figure
    /// too.</summary>
    public static void Publish(IReadOnlyList<Ablation> asked, IReadOnlyList<Ablation> all, Study study, string folder)
    {
        var text = new StringBuilder($"# {study.Runs.Length} runs\n\n{study.Environment}\n\n{Note}\n");
        foreach (var entry in all)
        {
            var runs = study.For(entry);
            if (runs.Runs.DistinctBy(r => r.Variant).Count() < 2) continue;
            var about = $"{entry.Question} {entry.Source}.{(entry.Finding.Length > 0 ? $" Published: {entry.Finding}." : "")}";
            text.Append($"\n## {entry.Name}\n\n{about}\n");
            if (entry.IsMain && runs.EffectsOn(entry, Place.EqualSeconds, "reward").Any(e => e.Paired is not null))
                RunFolder.WriteText(Path.Combine(folder, entry.Name + ".svg"), study.Forest(entry).ToSvg());
            var isAsked = asked.Any(e => e.Name == entry.Name);
            if (isAsked) Console.WriteLine("\n" + about);
            foreach (var (title, table) in Tables(entry, study))
            {
                text.Append('\n').Append(table.Markdown()).Append('\n');
                if (isAsked) ConsoleTable.Print(Shown(title, table));
            }
        }
        Console.WriteLine(Note);
        RunFolder.WriteText(Path.Combine(folder, File), text.ToString());
    }

    private static IEnumerable<(string Title, DataFrame Table)> Tables(Ablation entry, Study study)
    {
        yield return ($"{entry.Name}: cost and reward", study.Effects(entry));
        yield return ($"{entry.Name}: what training does not see", study.Drift(entry));
        if (entry.Claims.Length > 0) yield return ($"{entry.Name}: claims", study.Verdicts(entry));
    }

    private static ResultTable Shown(string title, DataFrame table) => new(title, [.. table.Columns.Select(c => c.Name)],
        [.. table.Rows.Select(row => (IReadOnlyList<string>)[.. row.Select(cell => $"{cell}".Replace("**", "", StringComparison.Ordinal))])]);
}
