using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Gradients of one estimator over iterations, kept as sums over groups of iterations: enough for signal to noise and its standard
/// error.</summary>
/// <param name="scale">What Adam would divide by. Shape [P]; borrowed.</param>
internal sealed class SignalSample(Tensor scale) : IDisposable
{
    // Bounds memory; up to so many iterations each is a group of its own.
    private const int MostGroups = 24;
    private readonly Dictionary<int, Group> groups = [];

    /// <summary>Number of gradients n.</summary>
    public int Count => groups.Values.Sum(g => g.Count);

    /// <summary>Signal to noise of the gradient as it is.</summary>
    public Estimate Plain => Of(sum => sum.alias(), g => g.Squares);

    /// <summary>Signal to noise of the gradient divided by the scale.</summary>
    public Estimate Adam => Of(sum => sum / scale, g => g.ScaledSquares);

    /// <summary>Mean ‖g / scale‖².</summary>
    public double ScaledSquaredNorm => groups.Values.Sum(g => g.ScaledSquares) / Count;

    /// <summary>Takes in the gradient of an iteration.</summary>
    /// <param name="iteration">Says which group it belongs to.</param>
    /// <param name="gradient">Shape [P]; borrowed.</param>
    public void Add(int iteration, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var scaled = gradient / scale;                                         // [P]
        var key = iteration % MostGroups;
        if (!groups.TryGetValue(key, out var group)) groups[key] = group = new(zeros_like(gradient).DetachFromDisposeScope());
        group.Sum.add_(gradient);
        group.Count++;
        group.Squares += GradientProbe.Dot(gradient, gradient);
        group.ScaledSquares += GradientProbe.Dot(scaled, scaled);
    }

    /// <summary>Frees the sums.</summary>
    public void Dispose()
    {
        foreach (var group in groups.Values) group.Sum.Dispose();
    }

    // Standard error by the jackknife over groups: what the estimate becomes when one of them is left out.
    private Estimate Of(Func<Tensor, Tensor> unit, Func<Group, double> squares)
    {
        using var scope = NewDisposeScope();
        var (count, all) = (Count, groups.Values.Sum(squares));
        if (count == 0) return new(double.NaN, double.NaN);
        var total = stack([.. groups.Values.Select(g => g.Sum)], 0).sum(dim: 0);                    // [P]
        double Ratio(Tensor sum, int n, double squared)
        {
            using var inner = NewDisposeScope();
            var measured = unit(sum);
            return new GradientMoments(n, GradientProbe.Dot(measured, measured), squared).SignalToNoise;
        }
        double[] without = [.. groups.Values.Select(g => Ratio(total - g.Sum, count - g.Count, all - squares(g)))];
        var (mean, k) = (without.Average(), without.Length);
        var error = k < 3 ? double.NaN : Math.Sqrt(without.Sum(w => (w - mean) * (w - mean)) * (k - 1) / k);
        return new(Ratio(total, count, all), error);
    }

    private sealed class Group(Tensor sum)
    {
        public Tensor Sum { get; } = sum;

        public int Count { get; set; }

        public double Squares { get; set; }

        public double ScaledSquares { get; set; }
    }
}
