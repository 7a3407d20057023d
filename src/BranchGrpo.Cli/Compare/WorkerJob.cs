using System.Text.Json;
using System.Text.Json.Serialization;
using BranchGrpo.Cli.Images;
using BranchGrpo.Kit;

namespace BranchGrpo.Cli.Compare;

/// <summary>What a worker process is told, as the first line of its standard input.</summary>
internal sealed record WorkerJob
{
    public required string Method { get; init; }
    public required Geometry Geometry { get; init; }
    public required ulong Seed { get; init; }
    public required double? Seconds { get; init; }
    public required int Iterations { get; init; }
    public required int EvaluateEvery { get; init; }
    public required string Device { get; init; }
    public required string Folder { get; init; }

    /// <summary>Bytes that the process may count on: what its device has, divided among those that run side by side.</summary>
    public required long Memory { get; init; }

    /// <summary>Latents per policy call; chosen from the memory, or by the preset of image models, if null.</summary>
    public int? MicroBatch { get; init; }

    /// <summary>The image models that are trained; the embedded task if null.</summary>
    public ImageChoice? Images { get; init; }

    /// <summary>True for the job that embeds the prompts, before the others.</summary>
    public bool Embeds { get; init; }

    /// <summary>Seconds are processor seconds of a one-thread worker, and elapsed seconds on a GPU.</summary>
    public TrainingClock Clock => Device == "cpu" ? TrainingClock.Processor : TrainingClock.Wall;

    public string Name => Embeds ? "prompts" : $"{Method} seed {Seed}";

    /// <summary>The settings of every JSON file and line that this program writes.</summary>
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    public static readonly JsonSerializerOptions Indented = new(Json) { WriteIndented = true };
}
