namespace BranchGrpo.Kit;

/// <summary>Where a depth window moves as training goes on.</summary>
public enum SlideDirection
{
    /// <summary>To later denoising steps (paper).</summary>
    Later,

    /// <summary>To shallower depths (published code).</summary>
    Earlier,
}

/// <summary>Which edges give gradient. Pruning comes after fusion and normalisation, so it changes neither rewards nor advantages: it saves training
/// work only.</summary>
/// <remarks>BranchGRPO, arXiv 2509.06040v5, width and depth pruning. Rules are pure: a tree and its edges in, the kept edges out, named by their
/// child.
/// "After the last split" means edges whose parent is deeper than the nodes that split last; the split's own edges stay.</remarks>
public abstract record PruningRule
{
    private PruningRule() { }

    /// <summary>The edges that stay, in the order given.</summary>
    /// <param name="tree">Shape, values and advantages; borrowed.</param>
    /// <param name="edges">Child nodes of the edges to choose from.</param>
    public abstract int[] Keep(CreditedTree tree, int[] edges);

    /// <summary>Per parent at the last split, only the child with the highest value goes on: the chains below its siblings are dropped.</summary>
    /// <remarks>Width pruning "Parent-Top1". The first of equals stays. T = 20, splits 0,3,6,9: 138 of 218 edges stay.</remarks>
    public sealed record ParentTop1 : PruningRule
    {
        /// <inheritdoc/>
        public override int[] Keep(CreditedTree tree, int[] edges)
        {
            var heads = Enumerable.Range(0, tree.Parent.Length).Where(i => tree.Depth[i] == tree.LastSplit + 1);
            var best = heads.GroupBy(i => (tree.Prompt[i], tree.Parent[i])).Select(g => g.MaxBy(i => tree.Value[i])).ToHashSet();
            return KeepChains(tree, edges, best);
        }
    }

    /// <summary>Of each prompt's leaves the <paramref name="Count"/> best and the <paramref name="Count"/> worst keep their chains.</summary>
    /// <param name="Count">b ≥ 1; 2b or fewer leaves all stay.</param>
    /// <remarks>Width pruning "Extreme-b". Earlier leaves win ties at the top, later ones at the bottom.</remarks>
    public sealed record ExtremeLeaves(int Count) : PruningRule
    {
        /// <summary>Leaves kept at either end.</summary>
        public int Count { get; init => field = Require.AtLeast(value, 1); } = Require.AtLeast(Count, 1);

        /// <inheritdoc/>
        public override int[] Keep(CreditedTree tree, int[] edges)
        {
            var heads = new HashSet<int>();
            foreach (var leaves in tree.Leaves().GroupBy(i => tree.Prompt[i]))
            {
                var ranked = leaves.OrderByDescending(i => tree.Value[i]).ToArray();
                foreach (var leaf in ranked.Take(Count).Concat(ranked.TakeLast(Count))) heads.Add(tree.AncestorAt(leaf, tree.LastSplit + 1));
            }
            return KeepChains(tree, edges, heads);
        }
    }

    /// <summary>Edges into the depths First … First + Length − 1 give no gradient; the window moves by one depth every <see cref="SlideEvery"/>
    /// iterations.</summary>
    /// <param name="First">First dropped depth at the start (depth of the child), at least 1.</param>
    /// <param name="Length">Number of dropped depths, at least 0; the paper's is 4.</param>
    public sealed record DepthWindow(int First, int Length) : PruningRule
    {
        /// <summary>First dropped depth at the start.</summary>
        public int First { get; init => field = Require.AtLeast(value, 1); } = Require.AtLeast(First, 1);

        /// <summary>Number of dropped depths.</summary>
        public int Length { get; init => field = Require.AtLeast(value, 0); } = Require.AtLeast(Length, 0);

        /// <summary>Iterations per move of one depth; the paper's is 30. 0 never moves.</summary>
        public int SlideEvery { get; init => field = Require.AtLeast(value, 0); }

        /// <summary>Where the window moves.</summary>
        public SlideDirection Direction { get; init; } = SlideDirection.Later;

        /// <summary>The window's first depth never passes this depth.</summary>
        public int Stop { get; init; } = int.MaxValue;

        /// <summary>First dropped depth at an iteration.</summary>
        /// <param name="iteration">Counted from 1; the first move happens at iteration <see cref="SlideEvery"/>, as published.</param>
        public int FirstAt(int iteration)
        {
            var moves = SlideEvery == 0 ? 0 : iteration / SlideEvery;
            return Direction == SlideDirection.Later
                ? First + (int)Math.Min(moves, Math.Max(0L, (long)Stop - First))
                : First - Math.Min(moves, Stop == int.MaxValue ? 0 : Math.Max(0, First - Stop));
        }

        /// <inheritdoc/>
        public override int[] Keep(CreditedTree tree, int[] edges)
        {
            var first = FirstAt(tree.Iteration);
            return [.. edges.Where(i => tree.Depth[i] < first || tree.Depth[i] >= first + Length)];
        }
    }

    /// <summary>The published width mode 1: of the edges below each node made at the last split, the first ⌊n·ratio⌋ (at least one) by
    /// advantage.</summary>
    /// <param name="Ratio">Share kept, ≥ 0.</param>
    /// <remarks>Below the last split a branch is a chain with one reward, so its advantages are tied and the stable sort keeps the earlier steps of
    /// every chain: another method than Parent-Top1 with the same edge count. The kept edges come last, in sorted order.</remarks>
    public sealed record PublishedChains(double Ratio) : PruningRule
    {
        /// <summary>Share kept.</summary>
        public double Ratio { get; init => field = Require.NotNegative(value); } = Require.NotNegative(Ratio);

        /// <inheritdoc/>
        public override int[] Keep(CreditedTree tree, int[] edges) => Published(tree, edges, candidates => candidates
            .GroupBy(i => tree.AncestorAt(i, tree.LastSplit + 1))
            .SelectMany(chain => chain.OrderByDescending(i => tree.Advantage[i]).Take(Math.Max(1, (int)(chain.Count() * Ratio)))));
    }

    /// <summary>The published width mode 2: of all edges after the last split, all trees together, the ⌊k/2⌋ best and the k − ⌊k/2⌋ worst by
    /// advantage, k = max(2, ⌊n·ratio⌋).</summary>
    /// <param name="Ratio">Share kept, ≥ 0. Above 1 the two ends overlap and edges appear twice, as published.</param>
    /// <remarks>Ranks edges where the paper's Extreme-b ranks leaves.</remarks>
    public sealed record PublishedExtremes(double Ratio) : PruningRule
    {
        /// <summary>Share kept.</summary>
        public double Ratio { get; init => field = Require.NotNegative(value); } = Require.NotNegative(Ratio);

        /// <inheritdoc/>
        public override int[] Keep(CreditedTree tree, int[] edges) => Published(tree, edges, candidates =>
        {
            var ranked = candidates.OrderByDescending(i => tree.Advantage[i]).ToArray();
            var keep = Math.Max(2, (int)(ranked.Length * Ratio));
            return ranked.Take(keep / 2).Concat(ranked.TakeLast(keep - keep / 2));
        });
    }

    /// <summary>A random share of each root's edges by denoising step, drawn anew each iteration: DanceGRPO's timestep fraction.</summary>
    /// <param name="Fraction">In (0, 1]; ⌊n·fraction⌋ of n steps stay, at least one.</param>
    /// <remarks>DanceGRPO, arXiv 2505.07818: every sample permutes its steps and trains the first ones.</remarks>
    public sealed record TimestepFraction(double Fraction) : PruningRule
    {
        /// <summary>Share of the steps kept.</summary>
        public double Fraction { get; init => field = Require.Fraction(value); } = Require.Fraction(Fraction);

        /// <inheritdoc/>
        public override int[] Keep(CreditedTree tree, int[] edges)
        {
            var kept = new HashSet<(int Root, int Depth)>();
            foreach (var root in edges.GroupBy(i => tree.AncestorAt(i, 0)))
            {
                var depths = root.Select(i => tree.Depth[i]).Distinct().Order().ToArray();
                var order = SeededNoise.Permutation(depths.Length, tree.Seed, (ulong)tree.Iteration, 0x7F, (ulong)root.Key);
                foreach (var k in order.Take(Math.Max(1, (int)(depths.Length * Fraction)))) kept.Add((root.Key, depths[k]));
            }
            return [.. edges.Where(i => kept.Contains((tree.AncestorAt(i, 0), tree.Depth[i])))];
        }
    }

    // Edges up to the last split stay; below it only those whose chain starts at one of the heads.
    private static int[] KeepChains(CreditedTree tree, int[] edges, HashSet<int> heads) =>
        [.. edges.Where(i => tree.Depth[i] <= tree.LastSplit + 1 || heads.Contains(tree.AncestorAt(i, tree.LastSplit + 1)))];

    private static int[] Published(CreditedTree tree, int[] edges, Func<IEnumerable<int>, IEnumerable<int>> select)
    {
        if (tree.LastSplit < 0) return edges;                                                      // published: no split, no width stage
        var after = edges.ToLookup(i => tree.Depth[i] > tree.LastSplit + 1);
        return after[true].Any() ? [.. after[false], .. select(after[true])] : edges;
    }
}
