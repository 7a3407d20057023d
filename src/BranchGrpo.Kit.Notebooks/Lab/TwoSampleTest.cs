using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Whether two samples come from one law, judged by the maximum mean discrepancy and permutations of the labels.</summary>
/// <param name="Statistic">Unbiased estimate of MMD²; about 0 where the laws are equal, and then as often below 0 as above.</param>
/// <param name="PValue">Share of relabellings with a statistic at least as large, the true labels counted among them: at least
/// 1/(permutations + 1).</param>
/// <param name="Bandwidth">Width h of the kernel, in units of the samples.</param>
/// <param name="Permuted">Statistics of the relabellings: what chance alone gives.</param>
/// <remarks>Gretton et al. 2012, A kernel two-sample test. Samples must be independent of each other: leaves of one tree are not.</remarks>
public sealed record TwoSampleTest(double Statistic, double PValue, double Bandwidth, IReadOnlyList<double> Permuted)
{
    /// <summary>Tests with the kernel k(x, y) = exp(−‖x − y‖²/(2h²)), h the median distance between two members of the joint sample.</summary>
    /// <param name="first">Independent draws. Shape [n, …], n at least 2; borrowed.</param>
    /// <param name="second">Independent draws of the same shape. Shape [m, …], m at least 2; borrowed.</param>
    /// <param name="permutations">Relabellings drawn, at least 1.</param>
    /// <param name="seed">Seed of the relabellings.</param>
    public static TwoSampleTest Mmd(Tensor first, Tensor second, int permutations = 499, ulong seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(permutations, 1);
        var (n, m) = ((int)first.shape[0], (int)second.shape[0]);
        if (n < 2 || m < 2) throw new ArgumentException($"Two samples of at least 2 are needed, got {n} and {m}.", nameof(first));
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var joint = cat([first.flatten(1), second.flatten(1)], 0).to(float64).cpu();                // [N, D]
        var squares = SquaredDistances(joint);                                                      // [N, N]
        var median = Math.Sqrt(squares.masked_select(ones_like(squares).triu(1).to(@bool)).median().item<double>());
        var kernel = squares.mul(-0.5 / Math.Max(median * median, double.Epsilon)).exp();           // [N, N]
        var statistics = Statistics(kernel - eye(n + m, dtype: float64), Labels(n, m, permutations, seed), n, m);
        var permuted = statistics[1..];
        return new(statistics[0], (1.0 + permuted.Count(s => s >= statistics[0])) / (permutations + 1), median, permuted);
    }

    /// <summary>E.g. "MMD² = 0.0012, p = 0.412".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"MMD² = {Statistic:0.0000}, p = {PValue:0.000}");

    private static Tensor SquaredDistances(Tensor rows)
    {
        var norms = rows.square().sum(1, true);                                                     // [N, 1]
        return (norms + norms.t() - rows.mm(rows.t()).mul(2)).clamp(min: 0);
    }

    // 1 where a member counts as one of the first sample. First column: the truth. Shape [N, 1 + permutations].
    private static Tensor Labels(int n, int m, int permutations, ulong seed)
    {
        var columns = new double[permutations + 1, n + m];
        for (var column = 0; column <= permutations; column++)
        {
            var order = SeededNoise.Permutation(n + m, seed, (ulong)column);
            for (var i = 0; i < n; i++) columns[column, column == 0 ? i : order[i]] = 1;
        }
        return tensor(columns).t();
    }

    private static double[] Statistics(Tensor kernel, Tensor isFirst, int n, int m)
    {
        var isSecond = 1 - isFirst;
        var (toFirst, toSecond) = (kernel.mm(isFirst), kernel.mm(isSecond));                        // [N, 1 + permutations]
        var within = (isFirst * toFirst).sum([0]) / ((double)n * (n - 1)) + (isSecond * toSecond).sum([0]) / ((double)m * (m - 1));
        return (within - (isFirst * toSecond).sum([0]).mul(2.0 / ((double)n * m))).data<double>().ToArray();
    }
}
