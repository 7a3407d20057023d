using System.Collections.Immutable;

namespace BranchGrpo.Kit;

/// <summary>The scores of one evaluation, by flat names such as <c>reward</c>, <c>heldout</c> or <c>verifier</c>.</summary>
/// <remarks>Every value is finite: a non-finite score is an error of the task and throws here, where its name is known.</remarks>
public sealed record EvaluationScores
{
    /// <summary>Takes the scores.</summary>
    /// <param name="values">Name and finite value of each score; their order is kept in tables by name.</param>
    /// <exception cref="ArgumentException">A value is NaN or infinite, or there is none.</exception>
    public EvaluationScores(IReadOnlyDictionary<string, double> values)
    {
        if (values.Count == 0) throw new ArgumentException("an evaluation needs at least one score", nameof(values));
        foreach (var (name, value) in values)
        {
            if (!double.IsFinite(value)) throw new ArgumentException($"score '{name}' is {value}, must be finite", nameof(values));
        }
        Values = values.ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    /// <summary>Score by name, sorted by name.</summary>
    public IReadOnlyDictionary<string, double> Values { get; }

    /// <summary>The score of that name.</summary>
    /// <exception cref="KeyNotFoundException">No such score; the message lists those there are.</exception>
    public double this[string name] => Values.TryGetValue(name, out var value)
        ? value
        : throw new KeyNotFoundException($"no score '{name}'; there are {string.Join(", ", Values.Keys)}");
}
