using System.Collections.Immutable;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit;

namespace BranchGrpo.Cli.Ablate;

/// <summary>Entries of the catalogue with the budget of each. Every run stands in a folder named by its settings, so that entries share runs.</summary>
internal sealed record AblatePlan
{
    public required Preset Preset { get; init; }
    public required Geometry Geometry { get; init; }
    public required string Device { get; init; }
    public required ImmutableArray<Ablation> Entries { get; init; }

    /// <summary>Seeds of every entry, instead of the preset's.</summary>
    public int? Seeds { get; init; }

    /// <summary>Training seconds of every run, instead of the preset's.</summary>
    public double? Seconds { get; init; }

    public string DefaultFolder => Path.Combine("runs", "ablate-" + Preset.Name + (Geometry == Geometry.Paper ? "-paper" : ""));

    /// <summary>Folder of a run.</summary>
    public static string FolderOf(string folder, Variant variant, ulong seed) => Path.Combine(folder,
        $"{Fingerprint.FileName(variant.Name)}-{variant.Key}-seed{seed}");

    /// <summary>Every run once, with the largest budget that an entry gives it: entry by entry, inside an entry seed by seed, so that an early look
    /// compares all variants and a drift of the machine meets all variants of a seed.</summary>
    /// <param name="folder">Of all runs.</param>
    /// <param name="memory">Bytes that each process may count on.</param>
    public IEnumerable<(Variant Variant, WorkerJob Job)> Runs(string folder, long memory)
    {
        var dance = Recipes.Find("DanceGRPO", Geometry);
        var every = Entries.SelectMany(e => e.Variants).DistinctBy(v => v.Key)
            .ToDictionary(v => v.Key, v => EvaluationCadence.Of(Preset.EvaluateEvery, Preset.Seconds is null ? dance : v.Recipe, dance));
        var wanted = from entry in Entries
                     from seed in SeedsOf(entry)
                     from variant in entry.Variants
                     group (variant, Seconds: SecondsOf(entry)) by (variant.Key, seed);
        foreach (var same in wanted)
        {
            var variant = same.First().variant;
            yield return (variant, new WorkerJob
            {
                Method = variant.Name, Geometry = Geometry, Seed = same.Key.seed, Seconds = same.Max(w => w.Seconds), Iterations = Preset.Iterations,
                EvaluateEvery = every[variant.Key], Device = Device, Folder = FolderOf(folder, variant, same.Key.seed),
                Memory = memory,
            });
        }
    }

    /// <summary>The seeds of an entry.</summary>
    public IEnumerable<ulong> SeedsOf(Ablation entry) =>
        Enumerable.Range(1, Seeds ?? (entry.IsMain ? Preset.Seeds : entry.IsTuning ? 1 : Preset.AblationSeeds))
            .Select(i => entry.FirstSeed + (ulong)i - 1);

    /// <summary>Training seconds of each run of an entry; null = by iterations alone.</summary>
    public double? SecondsOf(Ablation entry) => Seconds ?? (entry.IsMain || entry.IsTuning ? Preset.Seconds : Preset.AblationSeconds);
}
