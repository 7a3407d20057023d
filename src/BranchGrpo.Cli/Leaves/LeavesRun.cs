using BranchGrpo.Cli.Compare;

namespace BranchGrpo.Cli.Leaves;

/// <summary>Carries out what is missing of a table of leaves: a row is in the file as soon as it is known.</summary>
/// <param name="path">The CSV file.</param>
/// <param name="machine">What is measured on.</param>
internal sealed class LeavesRun(string path, string machine)
{
    /// <summary>The variants that are not in the file yet.</summary>
    public IReadOnlyList<LeafKey> Missing(IReadOnlyList<LeafKey> wanted)
    {
        var known = LeafFile.Read(path).Select(row => row.Key).ToHashSet();
        return [.. wanted.Where(key => !known.Contains(key))];
    }

    /// <summary>Measures what is missing.</summary>
    /// <param name="wanted">In the order of the table.</param>
    /// <param name="measure">Makes one result; where it throws, those before it are in the file.</param>
    /// <returns>The results that were wanted.</returns>
    public IReadOnlyList<LeafResult> Execute(IReadOnlyList<LeafKey> wanted, Func<LeafKey, LeafResult> measure)
    {
        foreach (var key in Missing(wanted))
        {
            var row = new LeafRow(key, measure(key));
            LeafFile.Write(path, Ordered([.. LeafFile.Read(path), row], wanted), machine);
        }
        var rows = LeafFile.Read(path);
        return [.. wanted.Select(key => rows.First(row => row.Key == key).Result)];
    }

    // What was wanted stands first, in the order that was asked for.
    private static IEnumerable<LeafRow> Ordered(LeafRow[] rows, IReadOnlyList<LeafKey> wanted)
    {
        var place = wanted.Index().ToDictionary(w => w.Item, w => w.Index);
        return rows.OrderBy(row => place.GetValueOrDefault(row.Key, int.MaxValue));
    }
}
