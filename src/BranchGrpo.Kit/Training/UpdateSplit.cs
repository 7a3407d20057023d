namespace BranchGrpo.Kit;

/// <summary>How the trained edges of an iteration are dealt to optimiser steps.</summary>
public abstract record UpdateSplit
{
    private UpdateSplit() { }

    /// <summary>Positions in <paramref name="edges"/>, one array per optimiser step. The union is all edges, once each.</summary>
    /// <param name="tree">Shape, seed and iteration, which fix the shuffle.</param>
    /// <param name="edges">Child nodes of the trained edges.</param>
    public abstract int[][] Deal(CreditedTree tree, int[] edges);

    /// <summary>The denoising steps are shuffled and dealt in turn to the given number of optimiser steps: the same number for every
    /// method.</summary>
    /// <param name="Updates">Optimiser steps per iteration, at least 1; fewer where fewer denoising steps are trained.</param>
    public sealed record ByTimestep(int Updates) : UpdateSplit
    {
        /// <summary>Optimiser steps per iteration.</summary>
        public int Updates { get; init => field = Require.AtLeast(value, 1); } = Require.AtLeast(Updates, 1);

        /// <inheritdoc/>
        public override int[][] Deal(CreditedTree tree, int[] edges)
        {
            var depths = edges.Select(i => tree.Depth[i]).Distinct().Order().ToArray();
            var order = SeededNoise.Permutation(depths.Length, tree.Seed, (ulong)tree.Iteration, 0xDEA1);
            var turn = order.Index().ToDictionary(p => depths[p.Item], p => p.Index % Math.Min(Updates, depths.Length));
            return [.. edges.Index().GroupBy(e => turn[tree.Depth[e.Item]], e => e.Index).OrderBy(g => g.Key).Select(g => g.ToArray())];
        }
    }

    /// <summary>All edges are shuffled and an optimiser step is made every so many edges: the published trainer, whose script (12 edges of two trees)
    /// makes about 36 steps where DanceGRPO's makes 2.</summary>
    /// <param name="EdgesPerUpdate">At least 1.</param>
    public sealed record ByEdges(int EdgesPerUpdate) : UpdateSplit
    {
        /// <summary>Edges per optimiser step.</summary>
        public int EdgesPerUpdate { get; init => field = Require.AtLeast(value, 1); } = Require.AtLeast(EdgesPerUpdate, 1);

        /// <inheritdoc/>
        public override int[][] Deal(CreditedTree tree, int[] edges) =>
            [.. SeededNoise.Permutation(edges.Length, tree.Seed, (ulong)tree.Iteration, 0xDEA2).Chunk(EdgesPerUpdate)];
    }
}
