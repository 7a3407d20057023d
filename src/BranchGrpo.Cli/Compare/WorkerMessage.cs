using System.Text.Json;

namespace BranchGrpo.Cli.Compare;

/// <summary>What a worker says on its standard output, one JSON line each.</summary>
/// <param name="Fraction">Share of the budget used, in [0, 1].</param>
/// <param name="Iteration">Iterations completed.</param>
/// <param name="Seconds">Training seconds used.</param>
/// <param name="Reward">Mean reward of the last rollout, or the last test reward.</param>
/// <param name="Error">Why the run failed; null while all is well.</param>
internal sealed record WorkerMessage(double Fraction, int Iteration, double Seconds, double? Reward = null, string? Error = null)
{
    public void Print() => Console.Out.WriteLine(JsonSerializer.Serialize(this, WorkerJob.Json));

    /// <summary>Reads a line; what is not a message (a native library may print) gives null.</summary>
    public static WorkerMessage? Parse(string line)
    {
        try
        {
            return line.StartsWith('{') ? JsonSerializer.Deserialize<WorkerMessage>(line, WorkerJob.Json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
