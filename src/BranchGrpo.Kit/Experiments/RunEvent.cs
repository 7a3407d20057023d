using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BranchGrpo.Kit;

/// <summary>One line of a run record. Seconds are training seconds so far, without evaluation and saving, by the experiment's clock.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(Started), "start")]
[JsonDerivedType(typeof(Iterated), "iteration")]
[JsonDerivedType(typeof(Evaluated), "evaluation")]
[JsonDerivedType(typeof(Ended), "end")]
public abstract record RunEvent
{
    private RunEvent() { }

    /// <summary>Iterations completed when this happened.</summary>
    public int Iteration { get; init; }

    /// <summary>Training seconds used when this happened.</summary>
    public double Seconds { get; init; }

    /// <summary>The run began. What stands here identifies the run: a record is never continued by another one.</summary>
    /// <param name="Task">Name of the task.</param>
    /// <param name="Recipe">Name of the recipe.</param>
    /// <param name="Settings">The recipe's values, written out.</param>
    /// <param name="Seed">Seed of prompts and noise.</param>
    /// <param name="Clock">How seconds are measured.</param>
    public sealed record Started(string Task, string Recipe, string Settings, ulong Seed, TrainingClock Clock) : RunEvent;

    /// <summary>One iteration was completed.</summary>
    /// <param name="Metrics">What it measured; each quantity has its formula there.</param>
    public sealed record Iterated(IterationMetrics Metrics) : RunEvent;

    /// <summary>The policy was judged (with averaged weights where the recipe averages them).</summary>
    /// <param name="Scores">Score by name, as the task defines them.</param>
    public sealed record Evaluated(ImmutableSortedDictionary<string, double> Scores) : RunEvent;

    /// <summary>The budget was used up.</summary>
    public sealed record Ended : RunEvent;

    /// <summary>The event as one line of JSON, without the line break.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">Not a line of a run record.</exception>
    public static RunEvent FromJson(ReadOnlySpan<byte> line) =>
        JsonSerializer.Deserialize<RunEvent>(line, Json) ?? throw new JsonException("null is not a run event");

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter() },
        RespectRequiredConstructorParameters = true,
    };
}
