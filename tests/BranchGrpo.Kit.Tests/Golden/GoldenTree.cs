using System.Text.Json;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>A stored tree as the arrays that the kit's credit works on, and the published options that act on it.</summary>
internal sealed class GoldenTree
{
    private readonly double[] leafRewards;

    /// <summary>Nodes in creation order with their leaf rewards, and which steps split of how many.</summary>
    public GoldenTree(JsonElement[] nodes, int[] leafOrder, double[] rewards, int[] splits, int steps)
    {
        (Parent, Depth, Prompt) = ([.. nodes.Select(n => n.Int("parent"))], [.. nodes.Select(n => n.Int("depth"))], [.. nodes.Select(n => n.Int("batch_idx"))]);
        LogProb = [.. nodes.Select(n => n.Number("log_prob", 0))];
        leafRewards = [.. leafOrder.Zip(rewards).OrderBy(p => p.First).Select(p => p.Second)];
        (Splits, Steps, LeafOrder) = (splits, steps, leafOrder);
    }

    public int[] Parent { get; }

    public int[] Depth { get; }

    public int[] Prompt { get; }

    public int[] LeafOrder { get; }

    public double[] LogProb { get; }

    public int[] Splits { get; }

    public int Steps { get; }

    public int Trees => Parent.Count(p => p < 0);

    /// <summary>The published advantages: per tree and depth, n − 1, ε = 1e-8, 0 below 1e-6; clipping comes later there.</summary>
    public static readonly AdvantageRule Published = new(Baseline.Depth, AdvantageScale.Depth) { Clip = double.PositiveInfinity };

    /// <summary>Fused values by the kit.</summary>
    public double[] Fuse(bool probabilityWeighted) => probabilityWeighted
        ? RewardFusion.PublishedEdgeSoftmax(Parent, LogProb, leafRewards) : RewardFusion.Mean(Parent, leafRewards);

    public double[] Advantages(double[] value) => Published.Apply(Parent, Depth, Prompt, value);

    /// <summary>The published group advantages: leaves by prompt, cut into groups; a remainder keeps 0. Inner nodes have none there; here 0.</summary>
    public double[] GroupAdvantages(double[] value, int size)
    {
        var leaves = LeafOrder.OrderBy(i => Prompt[i]).ToArray();
        var advantage = new double[Parent.Length];
        if (leaves.Length < size) return advantage;
        var whole = leaves[..(leaves.Length / size * size)];
        var grouped = GoldenChains.Group([.. whole.Select(i => value[i])], size);
        foreach (var (k, i) in whole.Index()) advantage[i] = grouped[k];
        return advantage;
    }

    /// <summary>The published broadcast: where several children all carry [1]-vectors, the weighted sum becomes a plain sum. The kit's softmax is run on the
    /// tree cut there; the difference to its own result is the published bug.</summary>
    public double[] FuseWithBroadcast(out bool differs)
    {
        var children = Enumerable.Range(0, Parent.Length).ToLookup(i => Parent[i]);
        var (own, isVector, sums) = (Fuse(true), new bool[Parent.Length], new double[Parent.Length]);
        for (var i = Parent.Length - 1; i >= 0; i--)
        {
            var below = children[i].ToArray();
            isVector[i] = below.Length == 0 || (below.Length == 1 && isVector[below[0]]);
            sums[i] = below.Length == 1 || (below.Length > 1 && below.All(c => isVector[c])) ? below.Sum(c => sums[c]) : own[i];
        }
        var cut = Enumerable.Range(0, Parent.Length).Where(i => children[i].Count() > 1 && children[i].All(c => isVector[c])).ToHashSet();
        var kept = Enumerable.Range(0, Parent.Length).Where(i => !Ancestors(i).Any(cut.Contains)).ToArray();
        var position = kept.Index().ToDictionary(k => k.Item, k => k.Index);
        int[] parent = [.. kept.Select(i => Parent[i] < 0 ? -1 : position[Parent[i]])];
        double[] rewards = [.. kept.Where(i => cut.Contains(i) || !children[i].Any()).Select(i => sums[i])];
        var value = RewardFusion.PublishedEdgeSoftmax(parent, [.. kept.Select(i => LogProb[i])], rewards);
        double[] result = [.. own];
        foreach (var (k, i) in kept.Index()) result[i] = value[k];
        differs = result.Zip(own).Any(p => Math.Abs(p.First - p.Second) > 1e-9);
        return result;
    }

    private IEnumerable<int> Ancestors(int node)
    {
        for (node = Parent[node]; node >= 0; node = Parent[node]) yield return node;
    }

    /// <summary>The tree as pruning sees it.</summary>
    public CreditedTree Credited(double[] value, double[] advantage, JsonElement options, int iteration)
    {
        var window = new StochasticRule.PublishedWindow(Math.Max(1, options.Int("mix_sde_window_size", 1)),
            Math.Max(1, options.Int("depth_pruning_slide_interval", 1)))
            .Steps(Steps, 1);
        var mixed = options.Flag("mix_ode_sde_tree");
        return new()
        {
            Parent = Parent, Depth = Depth, Prompt = Prompt, Value = value, Advantage = advantage, LastSplit = Splits.DefaultIfEmpty(-1).Max(),
            Iteration = iteration,
            IsStochastic = [.. Depth.Select(d => d > 0 && (!mixed || window[d - 1] || Splits.Contains(d - 1)))],
        };
    }

    /// <summary>The published pruning options as the kit's rules.</summary>
    /// <param name="options">Published arguments.</param>
    /// <param name="step">Training step, from 1; absent where the trainer has none.</param>
    /// <param name="maxSteps">Length of training, if known.</param>
    public (List<PruningRule> Depth, List<PruningRule> Width, bool Active) Rules(JsonElement options, int? step, int? maxSteps)
    {
        var ratio = options.Number("pruning_step_ratio", 1);
        var active = step is null || maxSteps is null || step <= (int)(maxSteps * ratio);
        var (depth, width) = (new List<PruningRule>(), new List<PruningRule>());
        if (!active) return (depth, width, false);
        var depths = GoldenText.Depths(options.Text("depth_pruning"));
        var slides = options.Flag("depth_pruning_slide");
        foreach (var d in depths ?? [])
        {
            if (d < 1) continue;                                                                  // no edge leads to the root
            var reach = Math.Max(0, depths!.Min() - options.Int("depth_pruning_stop_depth", Splits.DefaultIfEmpty(0).Max()));
            depth.Add(new PruningRule.DepthWindow(d, 1)
            {
                SlideEvery = slides ? Math.Max(1, options.Int("depth_pruning_slide_interval", 1)) : 0, Direction = SlideDirection.Earlier, Stop = d - reach,
            });
        }
        var share = Math.Max(0, options.Number("width_pruning_ratio", 0.5));                       // below 0 the least number is kept, as at 0
        if (options.Int("width_pruning_mode", 0) == 1) width.Add(new PruningRule.PublishedChains(share));
        if (options.Int("width_pruning_mode", 0) == 2) width.Add(new PruningRule.PublishedExtremes(share));
        return (depth, width, true);
    }
}
