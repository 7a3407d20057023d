using System.Collections.Immutable;
using BranchGrpo.Cli.Images;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Notebooks;

namespace BranchGrpo.Cli.Compare;

/// <summary>A comparison as a value, written to <c>run.json</c>: the same plan in the same folder goes on where it was.</summary>
internal sealed record ComparePlan
{
    /// <summary>The methods of a comparison, baseline first; DanceGRPO-T4 is the fair rival of BranchGRPO-Split.</summary>
    public static readonly ImmutableArray<string> DefaultMethods =
    [
        "DanceGRPO", "DanceGRPO-T4", "MixGRPO", "BranchGRPO", "BranchGRPO-WidPru", "BranchGRPO-DepPru", "BranchGRPO-Mix", "BranchGRPO-Split",
    ];

    public required string Preset { get; init; }
    public required Geometry Geometry { get; init; }
    public required string Device { get; init; }
    public required double? Seconds { get; init; }
    public required int Iterations { get; init; }
    public required int EvaluateEvery { get; init; }
    public required ImmutableArray<string> Methods { get; init; }
    public required ImmutableArray<ulong> Seeds { get; init; }

    /// <summary>Latents per policy call; chosen from the memory, or by the preset of image models, if null. A run may go on with another.</summary>
    public int? MicroBatch { get; init; }

    /// <summary>The image models that are trained; the embedded task if null.</summary>
    public ImageChoice? Images { get; init; }

    /// <summary>The method that ratios and the number of evaluations refer to.</summary>
    public string Baseline => Images is null ? "DanceGRPO" : ImageChoice.BaselineOf(Methods[0]);

    public string DefaultFolder => Path.Combine("runs", "compare-" + Preset + (Geometry == Geometry.Paper ? "-paper" : ""));

    /// <summary>The recipe of a method.</summary>
    public Recipe RecipeOf(string method) => Images?.RecipeOf(method, Geometry) ?? Catalogue.Variant(method, Geometry).Recipe;

    /// <summary>All jobs: seed by seed, so that an early look compares all methods; inside a seed the longest first.</summary>
    /// <param name="folder">Of the comparison.</param>
    /// <param name="memory">Bytes that each process may count on.</param>
    public IEnumerable<WorkerJob> Jobs(string folder, long memory)
    {
        var costs = Methods.ToDictionary(m => m, m => CostModel.MeanForwardUnits(RecipeOf(m), iterations: 30));
        return from seed in Seeds
               from method in Methods.OrderByDescending(m => Seconds is null ? costs[m] : 0)
               select new WorkerJob
               {
                   Method = method,
                   Geometry = Geometry,
                   Seed = seed,
                   Seconds = Seconds,
                   Iterations = Iterations,
                   EvaluateEvery = Seconds is null ? EvaluateEvery : EvaluationCadence.Of(EvaluateEvery, RecipeOf(method), RecipeOf(Baseline)),
                   Device = Device,
                   Folder = RunFolder.Of(folder, method, seed),
                   Images = Images,
                   Memory = memory,
                   MicroBatch = MicroBatch,
               };
    }

    /// <summary>The job that embeds the prompts of image models before the others begin: none where nothing is left to train.</summary>
    public IEnumerable<WorkerJob> EmbeddingJobs(string folder, IReadOnlyList<WorkerJob> jobs) =>
        Images is null ? [] : jobs.Take(1).Select(job => job with { Embeds = true, Folder = folder });

    /// <summary>True when two plans describe the same runs; methods and seeds may be added later.</summary>
    public bool Agrees(ComparePlan other) => this with { Methods = other.Methods, Seeds = other.Seeds, MicroBatch = other.MicroBatch } == other;

    /// <summary>Reads the complete runs; a method without one is left out.</summary>
    /// <returns>Null when there is none at all.</returns>
    public Comparison? Read(string folder)
    {
        var methods = Methods.Select(method => new MethodRuns(method,
        [
            .. from seed in Seeds
               let path = Path.Combine(RunFolder.Of(folder, method, seed), ExperimentRunner.RecordFile)
               where File.Exists(path)
               let record = RunRecord.Read(path)
               where record.IsComplete
               select (seed, record),
        ])).Where(m => m.Runs.Count > 0).ToArray();
        return methods.Length > 0 ? new(methods, Seconds) : null;
    }
}
