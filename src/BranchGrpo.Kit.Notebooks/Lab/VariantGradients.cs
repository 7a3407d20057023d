using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>The gradients of one variant over trees of different seeds.</summary>
public sealed class VariantGradients : IDisposable
{
    private readonly SortedDictionary<int, GradientStatistics> depths = [];
    private readonly List<double> cosines = [];
    private readonly List<(int Edges, long Evaluations, double Seconds)> costs = [];

    internal VariantGradients(string name) => Name = name;

    /// <summary>Name of the variant.</summary>
    public string Name { get; }

    /// <summary>The gradient of all trained edges.</summary>
    public GradientStatistics Whole { get; } = new();

    /// <summary>The gradient of the edges into each depth, by depth.</summary>
    public IReadOnlyDictionary<int, GradientStatistics> Depths => depths;

    /// <summary>Standard deviation of the gradient of each depth over trees, √tr Cov, by depth.</summary>
    public double[] Deviations => [.. depths.Values.Select(d => Math.Sqrt(d.Variance))];

    /// <summary>Share of each depth in the squared length of the gradient: mean squared norm of its part over the sum of all depths'.</summary>
    public double[] LengthShares => [.. depths.Values.Select(d => d.MeanSquaredNorm / depths.Values.Sum(all => all.MeanSquaredNorm))];

    /// <summary>Cosine to the first variant's gradient on the same tree, tree by tree.</summary>
    public IReadOnlyList<double> Cosines => cosines;

    /// <summary>Mean number of trained edges of a tree.</summary>
    public double Edges => costs.Average(c => c.Edges);

    /// <summary>Mean number of forward and backward passes (latents) of a tree.</summary>
    public double Evaluations => costs.Average(c => c.Evaluations);

    /// <summary>Median processor seconds that the gradient of a tree took.</summary>
    public double Seconds => costs.Select(c => c.Seconds).Order().ElementAt(costs.Count / 2);

    /// <summary>Frees the sums of gradients.</summary>
    public void Dispose()
    {
        Whole.Dispose();
        foreach (var depth in depths.Values) depth.Dispose();
    }

    // The gradient on one more tree, alive until the scope of the caller ends.
    internal Tensor Add(GradientProbe probe, RolloutTree tree, IReadOnlyList<TrainedEdge> edges, Tensor? first)
    {
        var (before, start) = (probe.Evaluations, Environment.CpuUsage.TotalTime);
        var parts = probe.ByDepth(tree, edges);
        costs.Add((edges.Count, probe.Evaluations - before, (Environment.CpuUsage.TotalTime - start).TotalSeconds));
        foreach (var (depth, part) in parts)
        {
            if (!depths.TryGetValue(depth, out var statistics)) depths[depth] = statistics = new();
            statistics.Add(part);
        }
        var whole = stack([.. parts.Values], 0).sum(dim: 0);                        // [P]
        Whole.Add(whole);
        cosines.Add(GradientProbe.Cosine(first ?? whole, whole));
        return whole;
    }
}
