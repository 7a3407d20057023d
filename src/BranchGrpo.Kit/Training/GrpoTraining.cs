using System.Diagnostics;
using System.Globalization;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>The state of one training run: policy, optimiser, weight average and the number of iterations made. An iteration is a function of
/// this state, the seed and the prompts, so a run that was saved and loaded goes on as if it had never stopped.</summary>
public sealed class GrpoTraining : IDisposable
{
    private readonly FlowPolicy policy;
    private readonly FlowPolicy? reference;
    private readonly Recipe recipe;
    private readonly ulong seed;
    private readonly AdamW optimizer;
    private readonly WeightAverage? average;

    /// <summary>A run at iteration 0.</summary>
    /// <param name="policy">Trained in place; borrowed.</param>
    /// <param name="recipe">What an iteration does.</param>
    /// <param name="seed">All randomness of the run.</param>
    /// <param name="reference">Reference of the KL term; the policy's own by default. Borrowed.</param>
    public GrpoTraining(FlowPolicy policy, Recipe recipe, ulong seed, FlowPolicy? reference = null)
    {
        (this.policy, this.recipe, this.seed) = (policy, recipe, seed);
        var parameters = policy.TrainedParameters();
        var trained = parameters.Select(p => p.Name).ToHashSet();
        foreach (var (name, parameter) in policy.Network.named_parameters()) parameter.requires_grad_(trained.Contains(name));
        optimizer = new AdamW(parameters, new() { LearningRate = recipe.LearningRate, WeightDecay = recipe.WeightDecay });
        average = recipe.EmaDecay is { } decay ? new WeightAverage(parameters, decay) : null;
        OwnsReference = reference is null && recipe.Objective.KlCoefficient > 0;
        this.reference = OwnsReference ? policy.Reference() : reference;
    }

    private bool OwnsReference { get; }

    /// <summary>Iterations made.</summary>
    public int Iteration { get; private set; }

    /// <summary>Latents per policy call, in rollout and training.</summary>
    public int MicroBatch { get; init => field = Require.AtLeast(value, 1); } = 64;

    /// <summary>Bytes that the rollout may use to keep policy calls with their graphs, so that the first update needs no forward pass of its own where
    /// it trains a whole step; 0, the default, keeps none. Needs a policy that knows its <see cref="FlowPolicy.ActivationBytes"/>.</summary>
    public long ForwardMemory { get; init; }

    /// <summary>One iteration: grow, score, credit, prune, update.</summary>
    /// <param name="prompts">The iteration's prompts; as many as the recipe says.</param>
    /// <param name="reward">Scores the leaves.</param>
    /// <exception cref="NonFiniteException">A reward, ratio or loss is not finite; the policy is then as the last optimiser step left it.</exception>
    /// <exception cref="InvalidOperationException">Nothing to train, or the ratio is not 1 before the first update.</exception>
    public IterationMetrics Iterate(IReadOnlyList<string> prompts, RewardModel reward)
    {
        var iteration = Iteration + 1;
        var plan = recipe.Plan.At(iteration, seed);
        var clock = new PhaseClock(policy.Device);
        var options = new RolloutOptions
        {
            MicroBatch = MicroBatch, Reduction = recipe.Objective.Reduction, KeepMeans = recipe.Objective.Ratio == RatioKind.Guarded,
            KeepForwards = recipe.FirstUpdateSteps(plan, iteration, seed, policy.ActivationBytes > 0 ? ForwardMemory / policy.ActivationBytes : 0),
        };
        using var tree = TreeRollout.Grow(policy, plan, prompts, SeededNoise.For(seed, iteration), options);
        var sample = clock.Lap();
        TreeRollout.Score(tree, reward);
        var scored = clock.Lap();
        var credited = CreditedTree.From(tree, recipe.Fusion, recipe.Advantage, iteration, seed);
        var updates = recipe.Updates(credited, plan);
        var credit = clock.Lap();
        var outcome = Update(tree, updates);
        average?.Update();
        Iteration = iteration;
        return IterationMetrics.Of(tree, credited, outcome, recipe.Objective, new(sample, scored, credit, clock.Lap()));
    }

    /// <summary>Exchanges the weights for their moving average until disposed; does nothing where the recipe keeps none.</summary>
    public IDisposable? AveragedWeights() => average?.Use();

    /// <summary>Writes trained weights, optimiser moments, average and iteration to one safetensors file (temporary file, then rename).</summary>
    public void Save(string path)
    {
        using var scope = NewDisposeScope();
        SafeTensors.Write(path, State(), new Dictionary<string, string>
        {
            ["recipe"] = recipe.Name, ["seed"] = seed.ToString(CultureInfo.InvariantCulture),
            ["iteration"] = Iteration.ToString(CultureInfo.InvariantCulture),
        });
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or of another recipe, seed or network.</exception>
    public void Load(string path)
    {
        using var file = SafeTensors.Read(path);
        Expect(file, path, "recipe", recipe.Name);
        Expect(file, path, "seed", seed.ToString(CultureInfo.InvariantCulture));
        using var scope = NewDisposeScope();
        var targets = State().ToDictionary();
        foreach (var (name, target) in targets)
        {
            var saved = file.Entries.GetValueOrDefault(name).Shape;
            if (saved?.SequenceEqual(target.shape) != true)
                throw new InvalidDataException($"{path}: expected \"{name}\" of shape [{string.Join(", ", target.shape)}], "
                    + (saved is null ? "found none" : $"found [{string.Join(", ", saved)}]") + "; the checkpoint is of another network.");
        }
        foreach (var (name, target) in targets) file.CopyTo(name, target);
        Iteration = int.Parse(file.Metadata["iteration"], CultureInfo.InvariantCulture);
    }

    /// <summary>Frees optimiser and average.</summary>
    public void Dispose()
    {
        optimizer.Dispose();
        average?.Dispose();
        if (OwnsReference) reference?.Dispose();
    }

    private IterationOutcome Update(RolloutTree tree, TrainedEdge[][] updates)
    {
        var update = new GrpoUpdate(policy, recipe.Objective, reference, MicroBatch);
        var (edges, norms, firstError) = (new List<EdgeOutcome>(), new List<double>(), 0.0);
        optimizer.ZeroGradients();
        foreach (var batch in updates)
        {
            var outcomes = update.Accumulate(tree, batch, asGrown: norms.Count == 0);
            if (norms.Count == 0) firstError = CheckRatios(tree, outcomes);
            tree.Forwards.Dispose();                                   // of weights that the step below changes
            var norm = optimizer.ClipGradients(recipe.MaxGradNorm);
            if (!double.IsFinite(norm)) throw new NonFiniteException("gradient norm", norm, tree.Prompts[0], batch[0].Child);
            optimizer.Step();
            optimizer.ZeroGradients();
            edges.AddRange(outcomes);
            norms.Add(norm);
        }
        return new([.. edges], [.. norms], firstError, update.Evaluations);
    }

    // A velocity's rounding counts as often as the noise beside it is large, and adds up over elements where log-densities are summed.
    private double CheckRatios(RolloutTree tree, EdgeOutcome[] outcomes)
    {
        var worst = outcomes.MaxBy(e => Math.Abs(e.Ratio - 1));
        var tolerance = policy.RatioTolerance * Math.Max(1, recipe.Plan.Noise.Size) * (recipe.Objective.Reduction == Reduction.Sum ? tree.Elements : 1);
        return Math.Abs(worst.Ratio - 1) is var error && error <= tolerance ? error
            : throw new InvalidOperationException($"Before the first update every ratio must be 1, but the edge into node {worst.Child} has {worst.Ratio:R}: "
                + "the policy does not give the same velocity twice. It must be deterministic and independent between rows of a batch.");
    }

    private IEnumerable<KeyValuePair<string, Tensor>> State() =>
    [
        .. Named("policy", policy.TrainedParameters().Select(p => KeyValuePair.Create(p.Name, (Tensor)p.Parameter))),
        .. Named("adamw", optimizer.State()), .. Named("average", average?.State() ?? []),
    ];

    private static IEnumerable<KeyValuePair<string, Tensor>> Named(string prefix, IEnumerable<KeyValuePair<string, Tensor>> tensors) =>
        tensors.Select(t => new KeyValuePair<string, Tensor>($"{prefix}.{t.Key}", t.Value));

    private static void Expect(SafeTensorFile file, string path, string key, string expected)
    {
        var found = file.Metadata.GetValueOrDefault(key, "nothing");
        if (found != expected) throw new InvalidDataException($"{path}: expected a checkpoint of {key} \"{expected}\", found \"{found}\".");
    }

    private sealed class PhaseClock(Device device)
    {
        private long last = Stopwatch.GetTimestamp();

        public double Lap()
        {
            if (device.type == TorchSharp.DeviceType.CUDA) cuda.synchronize(device);
            var (start, now) = (last, Stopwatch.GetTimestamp());
            last = now;
            return Stopwatch.GetElapsedTime(start, now).TotalSeconds;
        }
    }
}
