using System.Collections.Immutable;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tasks;

/// <summary>Bytes of an iteration at its height, predicted for a policy that knows its <see cref="FlowPolicy.ActivationBytes"/>. The rewards are not
/// part of it. Image models, whose activations depend on what is trained of them, are <see cref="MemoryModel"/>'s.</summary>
public sealed record IterationMemory
{
    /// <summary>Of what a policy call keeps with its graph, the share that a call without one has in use at its height: the inside of one block.</summary>
    private const double Passing = 0.3;

    // Latents that the density of an edge has in use, forward and backward: per parent its latent, velocity and mean with their gradients; per child
    // itself, its mean, their difference and its square with their gradients.
    private const int PerParent = 5, PerChild = 7;

    /// <summary>What is there all the time.</summary>
    public required ImmutableArray<MemoryPart> Resident { get; init; }

    /// <summary>Bytes in use besides, at the height of the rollout: kept policy calls and the inside of one.</summary>
    public required double Sampling { get; init; }

    /// <summary>Bytes in use besides, at the height of the updates: gradients, the graph of one policy call or of all that are kept, densities.</summary>
    public required double Training { get; init; }

    /// <summary>Bytes at the height of the iteration.</summary>
    public double Peak => Resident.Sum(p => p.Bytes) + Math.Max(Sampling, Training);

    /// <summary>The prediction.</summary>
    /// <param name="policy">Borrowed.</param>
    /// <param name="recipe">What an iteration does.</param>
    /// <param name="microBatch">Latents per policy call.</param>
    /// <param name="forwardMemory">As <see cref="GrpoTraining.ForwardMemory"/>.</param>
    /// <param name="iteration">Counted from 1.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <exception cref="ArgumentException">The policy does not know its activations.</exception>
    public static IterationMemory Of(FlowPolicy policy, Recipe recipe, int microBatch, long forwardMemory = 0, int iteration = 1, ulong seed = 1)
    {
        if (policy.ActivationBytes <= 0)
            throw new ArgumentException("expected a policy that knows its activation bytes, found one that does not", nameof(policy));
        var plan = recipe.Plan.At(iteration, seed);
        var weights = policy.Network.parameters().Concat<Tensor>(policy.Network.buffers()).Sum(t => (double)t.numel() * t.element_size());
        var trained = 4.0 * policy.TrainedParameters().Sum(p => p.Parameter.numel());
        var latent = policy.LatentShape.Aggregate(policy.Dtype is ScalarType.Float64 ? 8.0 : policy.Dtype is ScalarType.Float32 ? 4 : 2, (b, n) => b * n);
        var latents = CostModel.Of(recipe, iteration, seed).PeakLatents;
        if (recipe.Objective.Ratio == RatioKind.Guarded)
            latents += Enumerable.Range(0, plan.Depth).Where(d => plan.Steps[d].IsStochastic).Sum(d => plan.NodesAt(d) * recipe.Prompts);
        var (kept, graphs, rows) = Graphs(recipe, plan, microBatch, forwardMemory / policy.ActivationBytes, iteration, seed);
        var passing = Passing * policy.ActivationBytes * Math.Min(microBatch, Enumerable.Range(0, plan.Depth).Max(plan.NodesAt) * recipe.Prompts);
        var anchored = recipe.Objective.KlCoefficient > 0;
        return new()
        {
            Resident =
            [
                new("weights", weights), new("moments of Adam", 2 * trained), new("latents of the tree", latent * latents),
                .. recipe.EmaDecay is null ? (MemoryPart[])[] : [new("weight average", trained)],
                .. anchored ? (MemoryPart[])[new("reference of the KL term", weights)] : [],
            ],
            Sampling = (policy.ActivationBytes * (double)kept) + passing,
            Training = trained + (policy.ActivationBytes * (double)graphs) + (latent * rows) + (anchored ? passing : 0),
        };
    }

    /// <summary>Latents that are kept with their graphs, and at the height of the updates those that have one and the rows of densities.</summary>
    private static (long Kept, long Graphs, long Rows) Graphs(Recipe recipe, RolloutPlan plan, int microBatch, long most, int iteration, ulong seed)
    {
        var (shape, updates) = recipe.Planned(plan, iteration, seed);
        var steps = Recipe.WholeSteps(shape, updates[0], most);
        var kept = steps.Sum(step => (long)shape.LevelStart[step + 1] - shape.LevelStart[step]);
        var (held, graphs, rows) = (kept, 0L, 0L);
        foreach (var (update, edges) in updates.Index())
        {
            foreach (var level in edges.GroupBy(e => shape.Depth[e.Child] - 1, e => shape.Parent[e.Child]))
            {
                var parents = level.Distinct().Count();
                var call = Math.Min(microBatch, parents);
                var isKept = update == 0 && steps.Contains(level.Key);
                graphs = Math.Max(graphs, isKept ? held : held + call);
                rows = Math.Max(rows, call * (PerParent + (PerChild * level.Count() / parents)));
                if (isKept) held -= parents;
            }
            held = 0;
        }
        return (kept, graphs, rows);
    }
}
