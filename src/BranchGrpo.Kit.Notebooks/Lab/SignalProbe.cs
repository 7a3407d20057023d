using BranchGrpo.Kit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Measures the signal-to-noise ratio of recipes' gradients at one policy. Nothing is trained: iteration i has the prompts, the plan and the
/// noise that iteration i of a run would have, but every one meets the same weights.</summary>
/// <remarks>Adam's scale is the root of the mean squared gradient of each parameter, plus a thousandth of the root mean square over all parameters.
/// It is estimated once, from the whole gradients of iterations of DanceGRPO with one prompt each, and is the same for all recipes.</remarks>
/// <param name="task">Prompts and reward.</param>
/// <param name="policy">Where gradients are taken; borrowed, and the reference of KL terms.</param>
public sealed class SignalProbe(ExperimentTask task, FlowPolicy policy) : IDisposable
{
    // No run that is measured has it, so that the scale knows nothing of the gradients it divides.
    private const ulong ScaleSeed = 0x5CA1E;
    private static readonly Recipe scaleRecipe = Recipes.Find("DanceGRPO", Geometry.Quick) with { Prompts = 1 };
    private Tensor? scale;

    /// <summary>Iterations that Adam's scale is estimated from, at least 1.</summary>
    public int ScaleIterations { get; init => field = Require.AtLeast(value, 1); } = 16;

    /// <summary>Estimates Adam's scale, unless that is done.</summary>
    /// <param name="progress">Told the number of iterations done.</param>
    /// <param name="stop">Ends the work between two iterations.</param>
    public void Prepare(Action<int>? progress = null, CancellationToken stop = default)
    {
        if (scale is not null) return;
        using var scope = NewDisposeScope();
        var squares = Part(1).square();                                        // [P]
        progress?.Invoke(1);
        for (var iteration = 2; iteration <= ScaleIterations; iteration++)
        {
            stop.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            squares.add_(Part(iteration).square());
            progress?.Invoke(iteration);
        }
        var second = squares.div(Scalars.Of(ScaleIterations));                 // [P]
        scale = second.sqrt().add(second.mean().sqrt(), alpha: Scalars.Of(1e-3)).DetachFromDisposeScope();

        Tensor Part(int iteration) => stack([.. Gradients(scaleRecipe, ScaleSeed, iteration, out _).Values], 0).sum(dim: 0);
    }

    /// <summary>Measures a recipe.</summary>
    /// <param name="recipe">Its plan, prompts, credit, pruning and weights; all edges of an iteration in one update, whatever its optimiser
    /// steps.</param>
    /// <param name="iterations">At least 2; at least 3 for standard errors.</param>
    /// <param name="seed">Seed of the prompts and of the noise.</param>
    /// <param name="progress">Told the number of iterations done.</param>
    /// <param name="stop">Ends the work between two iterations.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public SignalToNoise Measure(Recipe recipe, int iterations, ulong seed = 1, Action<int>? progress = null, CancellationToken stop = default)
    {
        Require.AtLeast(iterations, 2);
        Prepare(null, stop);
        using var samples = new SignalSamples(scale!);
        var seconds = new List<double>();
        for (var iteration = 1; iteration <= iterations; iteration++)
        {
            stop.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var start = Environment.CpuUsage.TotalTime;
            var parts = Gradients(recipe, seed, iteration, out var plan);
            seconds.Add((Environment.CpuUsage.TotalTime - start).TotalSeconds);
            samples.Add(iteration, parts, plan.Schedule);
            progress?.Invoke(iteration);
        }
        return new()
        {
            Name = recipe.Name,
            Iterations = iterations,
            ForwardUnits = CostModel.MeanForwardUnits(recipe, iterations, seed),
            Seconds = seconds.Order().ElementAt(seconds.Count / 2),
            Plain = samples.Whole.Plain,
            Adam = samples.Whole.Adam,
            Steps = samples.Steps,
        };
    }

    /// <summary>Frees the scale.</summary>
    public void Dispose() => scale?.Dispose();

    private SortedDictionary<int, Tensor> Gradients(Recipe recipe, ulong seed, int iteration, out RolloutPlan plan)
    {
        var objective = recipe.Objective;
        plan = recipe.Plan.At(iteration, seed);
        var prompts = new Experiment { Task = task, Recipe = recipe, Seed = seed }.PromptsOf(iteration - 1);
        var options = new RolloutOptions { Reduction = objective.Reduction, KeepMeans = objective.Ratio == RatioKind.Guarded };
        using var tree = TreeRollout.Grow(policy, plan, prompts, SeededNoise.For(seed, iteration), options);
        TreeRollout.Score(tree, task.Reward);
        var credit = CreditedTree.From(tree, recipe.Fusion, recipe.Advantage, iteration, seed);
        var edges = (recipe with { UpdateSplit = new UpdateSplit.ByTimestep(1) }).Updates(credit, plan)[0];
        return new GradientProbe(policy, objective, policy).ByDepth(tree, edges);
    }
}
