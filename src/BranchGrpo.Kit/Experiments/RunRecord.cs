using System.Text.Json;

namespace BranchGrpo.Kit;

/// <summary>What a run wrote down: JSON lines, one event per iteration and per evaluation. Tables and figures need nothing else.</summary>
public sealed class RunRecord
{
    /// <summary>Takes events in the order in which they happened.</summary>
    public RunRecord(IEnumerable<RunEvent> events)
    {
        Events = [.. events];
        Iterations = [.. Events.OfType<RunEvent.Iterated>()];
        Evaluations = [.. Events.OfType<RunEvent.Evaluated>()];
    }

    /// <summary>All events.</summary>
    public IReadOnlyList<RunEvent> Events { get; }

    /// <summary>The iterations, in order.</summary>
    public IReadOnlyList<RunEvent.Iterated> Iterations { get; }

    /// <summary>The evaluations, in order; the first is of the base policy.</summary>
    public IReadOnlyList<RunEvent.Evaluated> Evaluations { get; }

    /// <summary>What the run is; null for an empty record.</summary>
    public RunEvent.Started? Start => Events.OfType<RunEvent.Started>().FirstOrDefault();

    /// <summary>True when the run used its budget.</summary>
    public bool IsComplete => Events is [.., RunEvent.Ended];

    /// <summary>Iterations completed.</summary>
    public int LastIteration => Iterations is [.., var last] ? last.Iteration : 0;

    /// <summary>Training seconds used.</summary>
    public double LastSeconds => Iterations is [.., var last] ? last.Seconds : 0;

    /// <summary>A score after so many iterations: linear between the neighbouring evaluations, constant outside them.</summary>
    /// <returns>Null when the record has no such score.</returns>
    public double? ScoreAtIteration(string score, double iteration) => Interpolate(score, iteration, e => e.Iteration);

    /// <summary>A score after so many training seconds: linear between the neighbouring evaluations, constant outside them.</summary>
    /// <returns>Null when the record has no such score.</returns>
    public double? ScoreAtSeconds(string score, double seconds) => Interpolate(score, seconds, e => e.Seconds);

    /// <summary>Training reward: mean leaf reward of the last five rollouts up to an iteration, with the noise that the recipe trains with.</summary>
    /// <returns>Null before the first iteration.</returns>
    public double? TrainingRewardAtIteration(double iteration) => MeanReward(Iterations.Where(i => i.Iteration <= iteration));

    /// <summary>Training reward: mean leaf reward of the last five rollouts that were done after so many training seconds.</summary>
    /// <returns>Null before the end of the first iteration.</returns>
    public double? TrainingRewardAtSeconds(double seconds) => MeanReward(Iterations.Where(i => i.Seconds <= seconds));

    /// <summary>Reads a record. A last line that is torn, as a killed process leaves it, is ignored.</summary>
    /// <exception cref="InvalidDataException">Another line cannot be read.</exception>
    public static RunRecord Read(string path) => new(Parse(File.ReadAllBytes(path), path).Select(line => line.Event));

    /// <summary>The events of a file, each with the offset just past its line.</summary>
    internal static List<(RunEvent Event, long End)> Parse(byte[] bytes, string path)
    {
        var lines = new List<(RunEvent, long)>();
        for (var start = 0; start < bytes.Length;)
        {
            var length = Array.IndexOf(bytes, (byte)'\n', start) - start;
            if (length < 0) break;                                              // no line break: torn
            try
            {
                lines.Add((RunEvent.FromJson(bytes.AsSpan(start, length)), start + length + 1));
            }
            catch (JsonException) when (start + length + 1 == bytes.Length)
            {
                break;                                                          // a file system may leave a last line of zeros
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"{path}: line {lines.Count + 1} is not a line of a run record ({e.Message})", e);
            }
            start += length + 1;
        }
        return lines;
    }

    private static double? MeanReward(IEnumerable<RunEvent.Iterated> iterations)
    {
        double[] last = [.. iterations.TakeLast(5).Select(i => i.Metrics.RewardMean)];
        return last.Length == 0 ? null : last.Average();
    }

    private double? Interpolate(string score, double at, Func<RunEvent, double> position)
    {
        RunEvent.Evaluated? before = null;
        foreach (var evaluation in Evaluations)
        {
            if (!evaluation.Scores.TryGetValue(score, out var value)) continue;
            if (position(evaluation) >= at)
            {
                if (before is null) return value;
                var (x0, x1) = (position(before), position(evaluation));
                var y0 = before.Scores[score];
                return x1 > x0 ? y0 + ((value - y0) * (at - x0) / (x1 - x0)) : value;
            }
            before = evaluation;
        }
        return before?.Scores[score];
    }
}
