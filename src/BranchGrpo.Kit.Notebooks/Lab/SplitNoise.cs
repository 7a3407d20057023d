using System.Globalization;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>The noise that the children of a step really drew, read off a tree: ξ = (x' − mean)/std, element by element.</summary>
/// <param name="Mean">Mean of a child's noise.</param>
/// <param name="Variance">Its mean square: 1 for N(0, I).</param>
/// <param name="SiblingCorrelation">Mean product of two siblings' noise over the mean square: 1/(1 + s²) for the paper's noise, 0 for independent, −1
/// for mirrored noise; 0 where a step does not split.</param>
/// <param name="Centres">Centres of the bins, noise units.</param>
/// <param name="Density">Share of the draws in each bin per unit of noise.</param>
public sealed record SplitNoise(double Mean, double Variance, double SiblingCorrelation, double[] Centres, double[] Density)
{
    private const double Reach = 10, Width = 0.25;

    /// <summary>Reads a step of a tree.</summary>
    /// <param name="tree">Grown with its means kept, as <see cref="Lab.Grow(RolloutPlan, string, ulong)"/> does.</param>
    /// <param name="step">A stochastic step.</param>
    public static SplitNoise Of(RolloutTree tree, int step)
    {
        if (tree.Means.Length <= step || tree.Means[step] is not { } means)
            throw new ArgumentException($"Step {step} has no means: it must be stochastic, and the tree grown with KeepMeans.", nameof(step));
        using var scope = NewDisposeScope();
        var (parents, children) = (tree.LevelCount(step), tree.Plan.Steps[step].Branches);
        var next = tree.Level(step + 1).view(parents, children, -1);                                // [n, K, D]
        var noise = (next - means.view(parents, 1, -1)).div(tree.Plan.Coefficients(step).Std).to(float64).cpu();
        var variance = noise.square().mean().item<double>();
        var ofSum = noise.sum(1).square().mean().item<double>();
        var correlation = children == 1 ? 0 : ((ofSum / (children * variance)) - 1) / (children - 1);
        var (centres, density) = Histogram(noise.flatten().data<double>().ToArray());
        return new(noise.mean().item<double>(), variance, correlation, centres, density);
    }

    /// <summary>Density of N(0, 1) at the centres.</summary>
    public double[] Normal => Array.ConvertAll(Centres, x => Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI));

    /// <summary>E.g. "mean 0.000, variance 1.001, siblings correlated by 0.059".</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"mean {Mean:0.000}, variance {Variance:0.000}, siblings correlated by {SiblingCorrelation:0.000}");

    private static (double[] Centres, double[] Density) Histogram(double[] values)
    {
        var counts = new int[(int)(2 * Reach / Width)];
        foreach (var value in values)
        {
            var bin = (int)Math.Floor((value + Reach) / Width);
            if (bin >= 0 && bin < counts.Length) counts[bin]++;
        }
        return ([.. counts.Select((_, i) => -Reach + ((i + 0.5) * Width))], Array.ConvertAll(counts, c => c / (values.Length * Width)));
    }
}
