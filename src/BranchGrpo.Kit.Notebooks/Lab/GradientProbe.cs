using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>The gradient of the loss of chosen edges at a policy as one flat vector. Nothing is trained: weights, gradients and what requires
/// a gradient are afterwards as they were.</summary>
/// <param name="policy">Where the gradient is taken; borrowed. It may be another than the one that drew the tree.</param>
/// <param name="objective">What is maximised; the loss is its negative.</param>
/// <param name="reference">For the KL term; borrowed. Needed where the objective has one.</param>
/// <param name="microBatch">Parents per forward and backward pass.</param>
public sealed class GradientProbe(FlowPolicy policy, Objective objective, FlowPolicy? reference = null, int microBatch = 64)
{
    private readonly GrpoUpdate update = new(policy, objective, reference, microBatch);

    /// <summary>Forward passes (latents) made so far.</summary>
    public long Evaluations => update.Evaluations;

    /// <summary>∂/∂θ Σ_e w_e·loss_e over the trained parameters, in the network's order.</summary>
    /// <param name="tree">The tree the edges belong to.</param>
    /// <param name="edges">Stochastic edges with advantage and weight.</param>
    /// <returns>Shape [P], P the number of trained parameters; zero where there is no edge. The caller owns it.</returns>
    /// <exception cref="NonFiniteException">A ratio or loss is not finite.</exception>
    /// <exception cref="ArgumentException">The tree's log-probabilities are not reduced as the objective's are.</exception>
    public Tensor Of(RolloutTree tree, IReadOnlyList<TrainedEdge> edges)
    {
        if (tree.Reduction != objective.Reduction)
            throw new ArgumentException($"The tree's log-probabilities are a {tree.Reduction} over elements, the objective's a {objective.Reduction}: "
                + "every ratio would be wrong. Grow the tree with the objective's reduction.", nameof(tree));
        using var scope = NewDisposeScope();
        var parameters = policy.TrainedParameters().Select(p => p.Parameter).ToArray();
        using var state = new GradientState(policy);
        foreach (var parameter in parameters) parameter.requires_grad = true;
        update.Accumulate(tree, edges);
        return cat([.. parameters.Select(p => (p.grad ?? zeros_like(p)).flatten())], 0).MoveToOuterDisposeScope();      // [P]
    }

    /// <summary>The same, apart for each depth: the vectors add up to <see cref="Of"/>.</summary>
    /// <param name="tree">The tree the edges belong to.</param>
    /// <param name="edges">Stochastic edges with advantage and weight.</param>
    /// <returns>One vector per depth that has an edge. Shape [P] each; the caller owns them.</returns>
    public SortedDictionary<int, Tensor> ByDepth(RolloutTree tree, IReadOnlyList<TrainedEdge> edges) =>
        new(edges.GroupBy(e => tree.Depth[e.Child]).ToDictionary(level => level.Key, level => Of(tree, [.. level])));

    /// <summary>cos(a, b) = a·b / (‖a‖‖b‖); NaN where one of them is zero.</summary>
    /// <param name="a">Shape [P].</param>
    /// <param name="b">Shape [P].</param>
    public static double Cosine(Tensor a, Tensor b) => Dot(a, b) / Math.Sqrt(Dot(a, a) * Dot(b, b));

    /// <summary>a·b, added up in double precision.</summary>
    internal static double Dot(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return (a * b).sum(ScalarType.Float64).item<double>();
    }

    /// <summary>Sets gradients aside until disposed.</summary>
    private sealed class GradientState : IDisposable
    {
        private readonly (Tensor Parameter, Tensor? Gradient, bool Required)[] before;

        public GradientState(FlowPolicy policy)
        {
            before = [.. policy.Network.parameters().Select(p => ((Tensor)p, p.grad, p.requires_grad))];
            foreach (var (parameter, _, _) in before) parameter.grad = null;
        }

        public void Dispose()
        {
            foreach (var (parameter, gradient, required) in before)
            {
                parameter.requires_grad = required;
                parameter.grad = gradient;
            }
        }
    }
}
