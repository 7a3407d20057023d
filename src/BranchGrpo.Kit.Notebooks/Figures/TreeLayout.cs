namespace BranchGrpo.Kit.Notebooks;

/// <summary>Places of the nodes of a forest: leaves one below the other, a parent in the middle of its children.</summary>
internal sealed class TreeLayout
{
    /// <param name="parent">Parent of each node, −1 for roots; parents before children.</param>
    /// <param name="depth">Depth of each node.</param>
    /// <param name="isShown">The nodes to place; whole trees. All if null.</param>
    public TreeLayout(int[] parent, int[] depth, Func<int, bool>? isShown = null)
    {
        int[] nodes = [.. Enumerable.Range(0, parent.Length).Where(i => isShown?.Invoke(i) ?? true)];
        var children = nodes.ToLookup(i => parent[i]);
        Row = new double[parent.Length];
        var leaves = new List<int>();
        var pending = new Stack<int>(children[-1].Reverse());
        while (pending.TryPop(out var node))
        {
            if (!children[node].Any()) leaves.Add(node);
            foreach (var child in children[node].Reverse()) pending.Push(child);
        }
        Leaves = [.. leaves];
        for (var i = 0; i < Leaves.Length; i++) Row[Leaves[i]] = i;
        foreach (var node in nodes.Reverse().Where(n => children[n].Any()))
            Row[node] = (children[node].Min(c => Row[c]) + children[node].Max(c => Row[c])) / 2;
        Nodes = nodes;
        Depth = depth;
    }

    /// <summary>The nodes placed.</summary>
    public int[] Nodes { get; }

    /// <summary>Leaves from first to last.</summary>
    public int[] Leaves { get; }

    /// <summary>Row of each node.</summary>
    public double[] Row { get; }

    /// <summary>Column of each node.</summary>
    public int[] Depth { get; }
}
