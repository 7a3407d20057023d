using System.Collections.Immutable;

namespace BranchGrpo.Cli.Signal;

/// <summary>What a call of <c>snr</c> measures.</summary>
/// <param name="Variants">In the order of the table.</param>
/// <param name="Iterations">Of each.</param>
/// <param name="Seed">Of prompts and noise.</param>
internal sealed record SnrPlan(ImmutableArray<Variant> Variants, int Iterations, ulong Seed)
{
    /// <summary>The rows of a file by variant; none where there is no file.</summary>
    /// <exception cref="Failure">A row has one of the names, but other settings.</exception>
    public Dictionary<string, SignalRow> Done(string? path)
    {
        if (path is null || !File.Exists(path)) return [];
        var rows = SignalTable.Read(path).ToDictionary(row => row.Signal.Name);
        foreach (var variant in Variants)
        {
            if (rows.GetValueOrDefault(variant.Name) is { } row && (row.Key, row.Seed, row.Signal.Iterations) != (variant.Key, Seed, Iterations))
                throw new Failure($"{path} holds {variant.Name} with other settings (key {row.Key}, seed {row.Seed}, {row.Signal.Iterations} iterations; "
                    + $"asked for {variant.Key}, {Seed}, {Iterations}); choose another file with --out");
        }
        return rows;
    }
}
