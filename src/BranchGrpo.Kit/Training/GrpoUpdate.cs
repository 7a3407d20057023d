using BranchGrpo.Kit.Native;
using static TorchSharp.torch;
using Family = System.Linq.IGrouping<int, (int Index, BranchGrpo.Kit.TrainedEdge Item)>;

namespace BranchGrpo.Kit;

/// <summary>Gradient of the objective over chosen edges. Siblings share their parent's forward pass, and denoising steps share policy calls where the
/// policy is an <see cref="ILevelPerRow"/>.</summary>
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
    /// <param name="asGrown">Makes whole steps of the rollout's own policy calls, so that it makes no difference whether these were kept.</param>
    /// <returns>One outcome per edge, in the order given.</returns>
    /// <exception cref="NonFiniteException">A ratio or loss is not finite.</exception>
    public EdgeOutcome[] Accumulate(RolloutTree tree, IReadOnlyList<TrainedEdge> edges, bool asGrown = false)
    {
        var outcomes = new EdgeOutcome[edges.Count];
        using var anchor = objective.KlCoefficient > 0 ? reference!.Encode(tree.Prompts) : null;
        foreach (var batch in Batches(tree, [.. edges.Index().GroupBy(e => tree.Parent[e.Item.Child]).OrderBy(f => f.Key)], asGrown))
            AddGradient(tree, batch, outcomes, anchor);
        return outcomes;
    }

    private List<Family[]> Batches(RolloutTree tree, Family[] families, bool asGrown)
    {
        var (mixes, batches, rest) = (policy is ILevelPerRow && reference is null or ILevelPerRow, new List<Family[]>(), new List<Family>());
        foreach (var step in families.GroupBy(f => tree.Depth[f.Key]).Select(g => g.ToArray()))
        {
            if (!mixes || (asGrown && step.Length == tree.LevelCount(tree.Depth[step[0].Key]))) batches.AddRange(step.Chunk(microBatch));
            else rest.AddRange(step);
        }
        return [.. batches, .. rest.Chunk(microBatch)];
    }

    private void AddGradient(RolloutTree tree, Family[] families, EdgeOutcome[] outcomes, Conditioning? anchor)
    {
        using var scope = NewDisposeScope();
        var steps = families.GroupBy(f => tree.Depth[f.Key]).Select(g => (Step: g.Key, Families: g.ToArray())).ToArray();
        var latents = cat([.. steps.Select(s => tree.Level(s.Step).index_select(0, Rows(tree, s.Step, s.Families.Select(f => f.Key))))], 0);      // [B, …]
        var prompts = Index(families.Select(f => tree.Prompt[f.Key]));                              // [B]
        var kept = steps is [var (step, own)] ? tree.Forwards.Take(step, [.. own.Select(f => f.Key - tree.LevelStart(step))]) : null;
        if (kept is not null) scope.Attach(kept);
        var velocity = kept ?? Velocity(policy, tree, families, latents, prompts, tree.Conditioning);                                       // [B, …]
        Tensor? anchored = null;
        if (anchor is not null) using (no_grad()) anchored = Velocity(reference!, tree, families, latents, prompts, anchor);
        Evaluations += families.Length;
        var (losses, start) = (new List<Tensor>(), 0);
        foreach (var (at, members) in steps)
        {
            Tensor Part(Tensor all) => all.narrow(0, start, members.Length);
            losses.Add(Loss(tree, at, members, outcomes, Part(latents), Part(velocity), anchored is null ? null : Part(anchored)));
            start += members.Length;
        }
        Ops.Backward(cat(losses, 0).sum());
    }

    // Of the edges of one step; their loss has shape [E].
    private Tensor Loss(RolloutTree tree, int step, Family[] families, EdgeOutcome[] outcomes, Tensor latents, Tensor velocity, Tensor? anchored)
    {
        var edges = families.SelectMany(f => f).ToArray();
        var ofEdge = Index(families.SelectMany((f, k) => f.Select(_ => k)));                        // [E]
        var next = tree.Level(step + 1).index_select(0, Rows(tree, step + 1, edges.Select(e => e.Item.Child)));      // [E, …]
        var coefficients = tree.Plan.Coefficients(step);
        var transition = coefficients.Transition(latents, velocity);
        var mean = edges.Length == families.Length ? transition.Mean : transition.Mean.index_select(0, ofEdge);    // [E, …]
        var logProb = new GaussianTransition(mean, transition.Std).LogProb(next, objective.Reduction);   // [E]
        var logRatio = logProb - Values(edges.Select(e => tree.LogProb[e.Item.Child]), logProb);   // [E]
        if (objective.Ratio == RatioKind.Guarded)
        {
            var old = tree.Means[step]!.index_select(0, Rows(tree, step, families.Select(f => f.Key))).index_select(0, ofEdge);
            logRatio = GrpoLoss.GuardedLogRatio(logRatio, mean, old, transition.Std);
        }
        var loss = GrpoLoss.Clipped(logRatio, Values(edges.Select(e => e.Item.Advantage), logProb), objective.ClipRange);
        var kl = zeros_like(loss);
        if (anchored is not null)
        {
            Tensor anchoredMean;
            using (no_grad()) anchoredMean = coefficients.Transition(latents, anchored).Mean;
            kl = GrpoLoss.Kl(transition.Mean, anchoredMean, transition.Std, objective.Reduction).index_select(0, ofEdge);
            loss = loss.add(kl, alpha: Scalars.Of(objective.KlCoefficient));
        }
        loss = loss * Values(edges.Select(e => e.Item.Weight), loss);                              // [E]
        Record(tree, edges, outcomes, [logProb, logRatio, loss, kl]);
        return loss;
    }

    private static Tensor Velocity(FlowPolicy policy, RolloutTree tree, Family[] families, Tensor latents, Tensor prompts, Conditioning all)
    {
        using var conditioning = all.Select(prompts);
        var levels = families.Select(f => tree.Plan.Schedule[tree.Depth[f.Key]]).ToArray();
        return levels[0] == levels[^1] ? policy.Velocity(latents, levels[0], conditioning)
            : ((ILevelPerRow)policy).VelocityPerRow(latents, Values(levels, latents), conditioning);
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
