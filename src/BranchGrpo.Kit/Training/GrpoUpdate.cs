using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>Gradient of the objective over chosen edges. Edges are grouped by denoising step and siblings share their parent's forward
/// pass.</summary>
/// <param name="policy">Trained; borrowed.</param>
/// <param name="objective">What is maximised.</param>
/// <param name="reference">For the KL term; borrowed. Needed where the objective has one.</param>
/// <param name="microBatch">Parents per forward and backward pass.</param>
public sealed class GrpoUpdate(FlowPolicy policy, Objective objective, FlowPolicy? reference = null, int microBatch = 64)
{
    private readonly FlowPolicy? reference = objective.KlCoefficient == 0 || reference is not null ? reference
        : throw new ArgumentException("The objective has a KL term, so it needs a reference policy; pass one or set its coefficient to 0.", nameof(reference));

    /// <summary>Latents differentiated so far, each with a forward pass of its own or one kept from the rollout.</summary>
    public long Evaluations { get; private set; }

    /// <summary>Adds the gradient of Σ w·loss to the parameters.</summary>
    /// <param name="tree">The tree the edges belong to; its log-probabilities are those of the policy that drew it.</param>
    /// <param name="edges">Stochastic edges, in any order, repeated or not.</param>
    /// <returns>One outcome per edge, in the order given.</returns>
    /// <exception cref="NonFiniteException">A ratio or loss is not finite.</exception>
    public EdgeOutcome[] Accumulate(RolloutTree tree, IReadOnlyList<TrainedEdge> edges)
    {
        var outcomes = new EdgeOutcome[edges.Count];
        using var anchor = objective.KlCoefficient > 0 ? reference!.Encode(tree.Prompts) : null;
        foreach (var level in edges.Index().GroupBy(e => tree.Depth[e.Item.Child]))
        {
            var families = level.GroupBy(e => tree.Parent[e.Item.Child]).OrderBy(f => f.Key).ToArray();
            foreach (var batch in families.Chunk(microBatch)) Accumulate(tree, batch, outcomes, anchor);
        }
        return outcomes;
    }

    private void Accumulate(RolloutTree tree, IGrouping<int, (int Index, TrainedEdge Item)>[] families, EdgeOutcome[] outcomes, Conditioning? anchor)
    {
        using var scope = NewDisposeScope();
        var edges = families.SelectMany(f => f).ToArray();
        var step = tree.Depth[families[0].Key];
        var (parents, children) = (Rows(tree, step, families.Select(f => f.Key)), Rows(tree, step + 1, edges.Select(e => e.Item.Child)));
        var ofEdge = Index(families.SelectMany((f, k) => f.Select(_ => k)));                        // [E]
        var prompts = Index(families.Select(f => tree.Prompt[f.Key]));                              // [B]
        var latents = tree.Level(step).index_select(0, parents);                                   // [B, …]
        var next = tree.Level(step + 1).index_select(0, children);                                 // [E, …]

        var kept = tree.Forwards.Take(step, [.. families.Select(f => f.Key - tree.LevelStart(step))]);
        if (kept is not null) scope.Attach(kept);
        var velocity = kept ?? Velocity(policy, tree, step, latents, prompts, tree.Conditioning);
        var transition = tree.Plan.Coefficients(step).Transition(latents, velocity);
        Evaluations += families.Length;
        var mean = transition.Mean.index_select(0, ofEdge);                                        // [E, …]
        var logProb = new GaussianTransition(mean, transition.Std).LogProb(next, objective.Reduction);   // [E]
        var logRatio = logProb - Values(edges.Select(e => tree.LogProb[e.Item.Child]), logProb);   // [E]
        if (objective.Ratio == RatioKind.Guarded)
            logRatio = GrpoLoss.GuardedLogRatio(logRatio, mean, tree.Means[step]!.index_select(0, parents).index_select(0, ofEdge), transition.Std);
        var loss = GrpoLoss.Clipped(logRatio, Values(edges.Select(e => e.Item.Advantage), logProb), objective.ClipRange);
        var kl = zeros_like(loss);
        if (anchor is not null)
        {
            Tensor anchored;
            using (no_grad()) anchored = tree.Plan.Coefficients(step).Transition(latents, Velocity(reference!, tree, step, latents, prompts, anchor)).Mean;
            kl = GrpoLoss.Kl(transition.Mean, anchored, transition.Std, objective.Reduction).index_select(0, ofEdge);
            loss = loss.add(kl, alpha: Scalars.Of(objective.KlCoefficient));
        }
        loss = loss * Values(edges.Select(e => e.Item.Weight), loss);                              // [E]
        Record(tree, edges, outcomes, [logProb, logRatio, loss, kl]);
        Ops.Backward(loss.sum());
    }

    private static Tensor Velocity(FlowPolicy policy, RolloutTree tree, int step, Tensor latents, Tensor prompts, Conditioning all)
    {
        using var conditioning = all.Select(prompts);
        return policy.Velocity(latents, tree.Plan.Schedule[step], conditioning);
    }

    private static void Record(RolloutTree tree, (int Index, TrainedEdge Item)[] edges, EdgeOutcome[] outcomes, Tensor[] perEdge)
    {
        using var table = stack(perEdge, 1).detach().to(float64).cpu().contiguous();                // [E, 4]
        var rows = table.data<double>().ToArray();
        for (var k = 0; k < edges.Length; k++)
        {
            var child = edges[k].Item.Child;
            var row = rows.AsSpan(4 * k, 4);
            for (var q = 0; q < 4; q++)
                if (!double.IsFinite(row[q]))
                    throw new NonFiniteException(Quantities[q], row[q], tree.Prompts[tree.Prompt[child]], child);
            var outcome = new EdgeOutcome(child, row[0], row[1], row[2], row[3]);
            if (!double.IsFinite(outcome.Ratio)) throw new NonFiniteException("ratio", outcome.Ratio, tree.Prompts[tree.Prompt[child]], child);
            outcomes[edges[k].Index] = outcome;
        }
    }

    private static readonly string[] Quantities = ["log-probability", "log-ratio", "loss", "KL divergence"];

    private Tensor Rows(RolloutTree tree, int depth, IEnumerable<int> nodes) => Index(nodes.Select(i => i - tree.LevelStart(depth)));

    private Tensor Index(IEnumerable<int> rows) => tensor(rows.Select(i => (long)i).ToArray(), device: policy.Device);

    private static Tensor Values(IEnumerable<double> values, Tensor like) => tensor(values.ToArray(), dtype: like.dtype, device: like.device);
}
