namespace BranchGrpo.Kit;

/// <summary>Fuses leaf rewards upward: the value of a node is a weighted mean over the leaves below it. Pure; nodes come with parents before
/// children.</summary>
/// <remarks>BranchGRPO, arXiv 2509.06040v5, Eq. 3.</remarks>
public static class RewardFusion
{
    /// <summary>V(n) = mean of the rewards of the leaves below n: the plain Monte-Carlo estimate of E[r | n], since leaves are drawn from the policy
    /// (β = 0).</summary>
    /// <param name="parent">Parent of each node, −1 for roots, smaller than the node's own index. Shape [N].</param>
    /// <param name="leafReward">Reward of each childless node, in node order. Reward units.</param>
    /// <returns>Value of each node. Shape [N].</returns>
    public static double[] Mean(ReadOnlySpan<int> parent, ReadOnlySpan<double> leafReward)
    {
        var (sum, leaves) = (Leaves(parent, leafReward), new int[parent.Length]);
        for (var i = parent.Length - 1; i >= 0; i--)
        {
            leaves[i] = Math.Max(leaves[i], 1);
            if (parent[i] < 0) continue;
            sum[parent[i]] += sum[i];
            leaves[parent[i]] += leaves[i];
        }
        for (var i = 0; i < sum.Length; i++) sum[i] /= leaves[i];
        return sum;
    }

    /// <summary>V(n) = Σ_l w_l·r_l with w = softmax over the leaves below n of β·s_l, s_l the log-probability of the path from n to l.</summary>
    /// <param name="parent">Parent of each node, −1 for roots. Shape [N].</param>
    /// <param name="logProb">Log-probability of the edge into each node (0 for ODE edges), in the reduction that β is meant for. Nats. Shape
    /// [N].</param>
    /// <param name="leafReward">Reward of each childless node, in node order.</param>
    /// <param name="beta">β ≥ 0; 0 is <see cref="Mean"/>.</param>
    /// <returns>Values, and the effective sample size 1/Σw² of each node: 1 where one leaf carries everything.</returns>
    /// <remarks>Leaves are drawn from the policy already, so β = 1 counts density twice. With D elements the summed log-density of siblings differs
    /// by
    /// about √D nats and the weights become one-hot; averaged over elements they stay even to the third decimal. Read the sample size before trusting
    /// β.</remarks>
    public static (double[] Value, double[] EffectiveSampleSize) PathProbability(
        ReadOnlySpan<int> parent, ReadOnlySpan<double> logProb, ReadOnlySpan<double> leafReward, double beta)
    {
        Require.NotNegative(beta);
        var n = parent.Length;
        var value = Leaves(parent, leafReward);
        var (logMass, squares, peak) = (new double[n], new double[n], new double[n]);
        Array.Fill(peak, double.NegativeInfinity);
        var isLeaf = ChildCounts(parent).Select(c => c == 0).ToArray();
        // Sums over the children are kept relative to the largest term seen so far, so that no exponential overflows.
        var mass = new double[n];
        for (var i = n - 1; i >= 0; i--)
        {
            if (isLeaf[i]) squares[i] = 1;
            else
            {
                value[i] /= mass[i];
                squares[i] /= mass[i] * mass[i];
                logMass[i] = peak[i] + Math.Log(mass[i]);
            }
            var p = parent[i];
            if (p < 0) continue;
            var term = beta * logProb[i] + logMass[i];
            if (term > peak[p])
            {
                var shrink = Math.Exp(peak[p] - term);
                (value[p], squares[p], mass[p], peak[p]) = (value[p] * shrink, squares[p] * shrink * shrink, mass[p] * shrink, term);
            }
            var weight = Math.Exp(term - peak[p]);
            value[p] += weight * value[i];
            squares[p] += weight * weight * squares[i];
            mass[p] += weight;
        }
        return (value, Array.ConvertAll(squares, s => 1 / s));
    }

    /// <summary>The published code's variant: from node to node, a softmax (temperature 1) over the children's single-edge log-probabilities,
    /// V(n) = Σ_c softmax(logProb)_c·V(c). An only child passes its value on.</summary>
    /// <param name="parent">Parent of each node, −1 for roots. Shape [N].</param>
    /// <param name="logProb">Log-probability of the edge into each node, averaged over elements there. Shape [N].</param>
    /// <param name="leafReward">Reward of each childless node, in node order.</param>
    /// <returns>Value of each node. Shape [N].</returns>
    /// <remarks>Local weights, not path probabilities. The published driver also feeds rewards of shape [N, 1], which turns the last split's weighted
    /// sum into a plain sum; that broadcast is not reproduced.</remarks>
    public static double[] PublishedEdgeSoftmax(ReadOnlySpan<int> parent, ReadOnlySpan<double> logProb, ReadOnlySpan<double> leafReward)
    {
        var value = Leaves(parent, leafReward);
        var (mass, peak) = (new double[parent.Length], new double[parent.Length]);
        Array.Fill(peak, double.NegativeInfinity);
        for (var i = 1; i < parent.Length; i++)
            if (parent[i] >= 0) peak[parent[i]] = Math.Max(peak[parent[i]], logProb[i]);
        for (var i = parent.Length - 1; i >= 0; i--)
        {
            if (mass[i] > 0) value[i] /= mass[i];
            var p = parent[i];
            if (p < 0) continue;
            var weight = Math.Exp(logProb[i] - peak[p]);
            value[p] += weight * value[i];
            mass[p] += weight;
        }
        return value;
    }

    private static int[] ChildCounts(ReadOnlySpan<int> parent)
    {
        var children = new int[parent.Length];
        for (var i = 0; i < parent.Length; i++)
        {
            if (parent[i] >= i) throw new ArgumentException($"Parents stand before their children, but node {i} has parent {parent[i]}.", nameof(parent));
            if (parent[i] >= 0) children[parent[i]]++;
        }
        return children;
    }

    // Rewards at the childless nodes, zero elsewhere.
    private static double[] Leaves(ReadOnlySpan<int> parent, ReadOnlySpan<double> leafReward)
    {
        var (children, value, next) = (ChildCounts(parent), new double[parent.Length], 0);
        var leaves = children.Count(c => c == 0);
        if (leaves != leafReward.Length)
            throw new ArgumentException($"The tree has {leaves} leaves, but {leafReward.Length} rewards came.", nameof(leafReward));
        for (var i = 0; i < value.Length; i++)
            if (children[i] == 0) value[i] = leafReward[next++];
        return value;
    }
}
