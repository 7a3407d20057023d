using BranchGrpo.Kit.Notebooks.Drawing;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>One prompt's part of a rollout as a scene.</summary>
internal sealed class TreeDrawing
{
    private const double Thumbnail = 28;
    private readonly RolloutTree tree;
    private readonly TreeLayout layout;
    private readonly TreeColour colour;
    private readonly CreditedTree? credit;
    private readonly HashSet<int>? kept;
    private readonly double[] value;
    private readonly int[] onlyChild;                                          // where there is one child; else the last

    public TreeDrawing(RolloutTree tree, TreeColour colour, CreditedTree? credit, int[]? kept, int prompt)
    {
        (this.tree, this.colour, this.credit, this.kept) = (tree, colour, credit, kept?.ToHashSet());
        layout = new(tree.Parent, tree.Depth, i => tree.Prompt[i] == prompt);
        onlyChild = new int[tree.Count];
        foreach (var node in EdgeNodes) onlyChild[tree.Parent[node]] = node;
        value = credit?.Value ?? (IsScored ? RewardFusion.Mean(tree.Parent, tree.Rewards) : new double[tree.Count]);
    }

    /// <summary>Nodes that have a picture where there is room: those that split, and leaves.</summary>
    public int[] Pictured => [.. layout.Nodes.Where(IsPictured)];

    /// <summary>What dotted and faded lines mean, where there are any.</summary>
    public IEnumerable<string> Marks => new[]
    {
        EdgeNodes.Any(i => !tree.IsStochastic[i]) ? "dotted: ODE steps" : "", kept is null ? "" : "faded: edges that are not trained",
    }.Where(text => text.Length > 0);

    public string Title => IsScored
        ? $"{layout.Leaves.Length} leaves, rewards from {Figures.Short(LeafRewards.Min())} to {Figures.Short(LeafRewards.Max())}"
            + (kept is null ? "" : $"; {EdgeNodes.Count(IsKept)} of {EdgeNodes.Length} edges kept")
        : $"{layout.Leaves.Length} leaves that share their first steps";

    public string Words => $"{layout.Nodes.Length} nodes, {EdgeNodes.Length} edges, {layout.Leaves.Length} leaves"
        + (IsScored ? $"; rewards {string.Join(", ", LeafRewards.Select(Figures.Short))}; root value {Figures.Short(value[layout.Nodes[0]])}" : "")
        + (kept is null ? "" : $"; {EdgeNodes.Count(IsKept)} edges kept") + ".";

    private bool IsScored => tree.Rewards.Length > 0;

    private int[] EdgeNodes => [.. layout.Nodes.Where(i => tree.Parent[i] >= 0)];

    private IEnumerable<double> LeafRewards => layout.Leaves.Select(i => tree.Rewards[i - tree.FirstLeaf]);

    /// <param name="pictures">By node; null for none.</param>
    public Scene ToScene(IReadOnlyDictionary<int, string>? pictures)
    {
        var (rows, depth) = (layout.Leaves.Length, tree.Plan.Depth);
        var perRow = Math.Clamp(560.0 / rows, 14, 36);
        var size = Math.Min(Thumbnail, perRow - 5);
        var marks = new List<Mark>();
        foreach (var isKept in new[] { false, true })
            foreach (var isStochastic in new[] { true, false })
                if (Segments(isKept, isStochastic) is { } segments) marks.Add(segments);
        var scale = Scale();
        int[] small = [.. layout.Nodes.Where(i => !IsPictured(i))], large = Pictured;
        if (small.Length > 0) marks.Add(Dots("node", small, 5));
        marks.Add(Dots("split or leaf", large, pictures is null ? 10 : size + 6) with { IsFrame = pictures is not null });
        if (pictures is not null) marks.Add(Thumbnails(pictures, size));
        if (IsScored && perRow >= 14) marks.Add(Rewards(pictures is null ? 10 : (size / 2) + 6));
        var panel = new Panel("denoising step", "", marks)
        {
            HasY = false,
            LeftRoom = 14,
            XRange = (-0.03 * depth - 0.3, depth * 1.07 + 0.3),
            YRange = (-(rows - 0.4), 0.6),
            XTicks = [.. Enumerable.Range(0, depth + 1).Where(d => d % Math.Max(1, depth / 10) == 0).Select(d => ((double)d, $"{d}"))],
        };
        return new([panel]) { Scale = scale, Height = (int)(130 + (rows * perRow)) };
    }

    private bool IsPictured(int node) =>
        tree.Depth[node] == tree.Plan.Depth || tree.Plan.Steps[tree.Depth[node]].Branches > 1 || (tree.Depth[node] == 0 && tree.Plan.LastSplit >= 0);

    private bool IsKept(int node) => kept?.Contains(node) ?? true;

    private double ColourOf(int node) => colour == TreeColour.Advantage ? credit!.Advantage[node] : value[node];

    private ColourScale Scale() => colour == TreeColour.Advantage
        ? ColourScale.Symmetric("advantage", EdgeNodes.Select(ColourOf))
        : ColourScale.Sequential(credit is null ? "reward" : "value", [.. layout.Nodes.Select(ColourOf)]);

    private Mark.Segments? Segments(bool isKept, bool isStochastic)
    {
        int[] edges = [.. EdgeNodes.Where(i => Style(i) == (isKept, isStochastic))];
        if (edges.Length == 0) return null;
        var ends = edges.Where(i => !IsContinued(tree.Parent[i], Style(i))).Select(i => (Start: tree.Parent[i], End: EndOf(i))).ToArray();
        var points = ends.SelectMany(e => Bend(e.Start, e.End)).ToArray();
        return new((isStochastic ? "SDE step" : "ODE step") + (kept is null ? "" : isKept ? ", kept" : ", pruned"),
            [.. points.Select(p => p.X)], [.. points.Select(p => p.Y)], "#444444")
        {
            Width = isStochastic ? 1.8 : 1.1,
            IsDotted = !isStochastic,
            Opacity = isKept ? 0.85 : 0.18,
        };
    }

    private (bool, bool) Style(int node) => (IsKept(node), tree.IsStochastic[node]);

    /// <summary>Whether the line that ends at a node goes straight on.</summary>
    private bool IsContinued(int node, (bool, bool) style) =>
        tree.Parent[node] >= 0 && tree.Depth[node] < tree.Plan.Depth && tree.Plan.Steps[tree.Depth[node]].Branches == 1 && Style(node) == style;

    private int EndOf(int node)
    {
        while (IsContinued(node, Style(node)) && Style(onlyChild[node]) == Style(node)) node = onlyChild[node];
        return node;
    }

    // A chain is straight after its first step.
    private (double X, double Y)[] Bend(int start, int end) =>
    [
        (tree.Depth[start], -layout.Row[start]), (Math.Min(tree.Depth[start] + 1, tree.Depth[end]), -layout.Row[end]),
        .. tree.Depth[end] > tree.Depth[start] + 1 ? [(tree.Depth[end], -layout.Row[end])] : Array.Empty<(double, double)>(),
        (double.NaN, double.NaN),
    ];

    private Mark.Dots Dots(string name, int[] nodes, double size) => new(name, X(nodes), Y(nodes))
    {
        Values = [.. nodes.Select(ColourOf)],
        Size = size,
        Details =
        [
            ("depth", X(nodes)), ("value", [.. nodes.Select(i => value[i])]),
            .. credit is null ? [] : new[] { ("advantage", nodes.Select(i => credit.Advantage[i]).ToArray()) },
            ("log-prob", [.. nodes.Select(i => tree.LogProb[i])]),
        ],
    };

    private Mark.Thumbnails Thumbnails(IReadOnlyDictionary<int, string> pictures, double size)
    {
        int[] nodes = [.. Pictured.Where(pictures.ContainsKey)];
        return new(X(nodes), Y(nodes), [.. nodes.Select(i => pictures[i])], [.. nodes.Select(ColourOf)], size);
    }

    private Mark.Labels Rewards(double shift) =>
        new(X(layout.Leaves), Y(layout.Leaves), [.. LeafRewards.Select(Figures.Short)], "#333333") { Shift = shift };

    private double[] X(int[] nodes) => [.. nodes.Select(i => (double)tree.Depth[i])];

    private double[] Y(int[] nodes) => [.. nodes.Select(i => -layout.Row[i])];
}
