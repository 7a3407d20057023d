namespace BranchGrpo.Kit.Tests;

public class PruningTests
{
    private static readonly RolloutPlan Dense = Plans.Tree(20, Plans.Dense);

    private static int[] Keep(PruningRule rule, int iteration = 1, Func<int, double>? reward = null)
    {
        var tree = Plans.Credited(Dense, 1, reward, iteration: iteration);
        return rule.Keep(tree, tree.DepthFirst());
    }

    [Fact]
    public void Edge_counts_match_the_paper()
    {
        Assert.Equal(218, Plans.Credited(Dense).DepthFirst().Length);
        Assert.Equal(138, Keep(new PruningRule.ParentTop1()).Length);
        Assert.Equal(138, Keep(new PruningRule.ExtremeLeaves(4)).Length);
        Assert.Equal(138, Keep(new PruningRule.DepthWindow(11, 5)).Length);
        Assert.Equal(138, Keep(new PruningRule.PublishedChains(0.5)).Length);
        Assert.Equal(138, Keep(new PruningRule.PublishedExtremes(0.5)).Length);
    }

    [Fact]
    public void Top1_goes_on_with_the_better_sibling_only()
    {
        var tree = Plans.Credited(Dense, 1, i => i % 2);                                          // odd leaves are better
        var kept = new PruningRule.ParentTop1().Keep(tree, tree.DepthFirst());
        var leaves = kept.Where(i => tree.Depth[i] == 20).ToArray();
        Assert.Equal(8, leaves.Length);
        Assert.All(leaves, i => Assert.Equal(1, tree.Value[i]));
        Assert.Equal(16, kept.Count(i => tree.Depth[i] == 10));                                   // the split's own edges stay
    }

    [Fact]
    public void Extremes_keep_the_best_and_the_worst_leaves_of_each_prompt()
    {
        var tree = Plans.Credited(Dense, 2, i => i % 16);
        var leaves = new PruningRule.ExtremeLeaves(3).Keep(tree, tree.DepthFirst()).Where(i => tree.Depth[i] == 20).ToArray();
        foreach (var prompt in new[] { 0, 1 })
            Assert.Equal([0.0, 1, 2, 13, 14, 15], leaves.Where(i => tree.Prompt[i] == prompt).Select(i => tree.Value[i]).Order());
        Assert.Equal(436, new PruningRule.ExtremeLeaves(8).Keep(tree, tree.DepthFirst()).Length);
    }

    [Fact]
    public void Chains_without_a_split_are_ranked_whole()
    {
        var tree = Plans.Credited(Plans.Tree(3, [], roots: 4), 1, i => i);
        Assert.Equal([3, 0], new PruningRule.ExtremeLeaves(1).Keep(tree, tree.DepthFirst()).Where(i => tree.Depth[i] == 3).Select(i =>
            (int)tree.Value[i]).OrderDescending());
        Assert.Equal(3, new PruningRule.ParentTop1().Keep(tree, tree.DepthFirst()).Length);
    }

    [Fact]
    public void The_window_slides_later_or_earlier_and_stops()
    {
        var later = new PruningRule.DepthWindow(10, 4) { SlideEvery = 30, Stop = 13 };
        Assert.Equal([10, 10, 11, 12, 13, 13], new[] { 1, 29, 30, 60, 119, 400 }.Select(later.FirstAt));
        var earlier = new PruningRule.DepthWindow(15, 4) { SlideEvery = 30, Direction = SlideDirection.Earlier, Stop = 9 };
        Assert.Equal([15, 14, 9, 9], new[] { 1, 30, 180, 900 }.Select(earlier.FirstAt));
        var tree = Plans.Credited(Dense, iteration: 61);
        Assert.Equal([12, 13, 14, 15], tree.DepthFirst().Except(later.Keep(tree, tree.DepthFirst())).Select(i => tree.Depth[i]).Distinct().Order());
        Assert.Equal(218, Keep(new PruningRule.DepthWindow(10, 0)).Length);
    }

    [Fact]
    public void Published_width_modes_rank_edges_and_not_leaves()
    {
        // All advantages of a chain are tied, so mode 1 keeps the earlier half of every chain.
        var kept = Keep(new PruningRule.PublishedChains(0.5));
        var tree = Plans.Credited(Dense);
        Assert.Equal(15, kept.Max(i => tree.Depth[i]));
        Assert.Equal(16, kept.Count(i => tree.Depth[i] == 15));
        Assert.Equal(kept.Where(i => tree.Depth[i] <= 10), kept.Take(58));                        // the others come first, in their order
    }

    [Fact]
    public void Pruning_only_removes_and_keeps_the_order()
    {
        var all = Plans.Credited(Dense).DepthFirst();
        foreach (var rule in new PruningRule[] { new PruningRule.ParentTop1(), new PruningRule.ExtremeLeaves(2),
            new PruningRule.DepthWindow(5, 3), new PruningRule.TimestepFraction(0.6) })
        {
            var kept = Keep(rule);
            Assert.Equal(all.Where(kept.ToHashSet().Contains), kept);
            Assert.True(kept.Length < all.Length);
        }
    }

    [Fact]
    public void Timestep_fraction_draws_steps_per_root_and_iteration()
    {
        var plan = Plans.Tree(10, [], roots: 16);
        CreditedTree Tree(int iteration) => Plans.Credited(plan, 1, iteration: iteration);
        int[] Kept(int iteration) => new PruningRule.TimestepFraction(0.6).Keep(Tree(iteration), Tree(iteration).DepthFirst());
        Assert.Equal(16 * 6, Kept(1).Length);
        Assert.Equal(Kept(1), Kept(1));
        Assert.NotEqual(Kept(1), Kept(2));
        var tree = Tree(1);
        Assert.True(Kept(1).GroupBy(i => tree.AncestorAt(i, 0)).Select(g => string.Join(' ', g.Select(i => tree.Depth[i]))).Distinct().Count() > 4);
    }

    [Fact]
    public void Only_stochastic_contrasted_and_visible_edges_are_trained()
    {
        var plan = new RolloutPlan(NoiseSchedule.Shifted(5), [new(true), new(true, 2), new(false), new(true), new(true)], new Dynamics.DanceSde(1),
            scored: ScoredLatent.CleanPrediction);
        var tree = Plans.Credited(plan);
        Assert.Equal([2, 4], EdgeFilter.Trained(tree, plan, []).Select(i => tree.Depth[i]).Distinct().Order());
        Assert.Equal(4, EdgeFilter.Trained(tree, plan, []).Length);
    }

    [Theory]
    [InlineData(EdgeWeighting.PerEdge, 0)]
    [InlineData(EdgeWeighting.PerDepth, 0)]
    [InlineData(EdgeWeighting.PerDepth, 2)]
    public void Weights_sum_to_one_and_follow_their_rule(EdgeWeighting weighting, double power)
    {
        var tree = Plans.Credited(Dense);
        var edges = tree.DepthFirst();
        var weights = EdgeWeights.Of(tree, Dense.Schedule, edges, weighting, power);
        Assert.Equal(1, weights.Sum(), 12);
        double Mass(int depth) => edges.Zip(weights).Where(e => tree.Depth[e.First] == depth).Sum(e => e.Second);
        var count = weighting == EdgeWeighting.PerEdge ? 8.0 : 1;                                 // 16 nodes at depth 20, 2 at depth 1
        Assert.Equal(count * Math.Pow(Dense.Schedule[19] / Dense.Schedule[0], power), Mass(20) / Mass(1), 10);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(50)]
    public void Updates_deal_every_edge_once(int updates)
    {
        var tree = Plans.Credited(Dense, 2);
        var edges = tree.DepthFirst();
        var byStep = new UpdateSplit.ByTimestep(updates).Deal(tree, edges);
        Assert.Equal(Math.Min(updates, 20), byStep.Length);
        Assert.Equal(Enumerable.Range(0, 436), byStep.SelectMany(b => b).Order());
        foreach (var batch in byStep) Assert.True(batch.Select(k => tree.Depth[edges[k]]).Distinct().Count() <= (20 + updates - 1) / Math.Min(updates, 20));
        var byEdges = new UpdateSplit.ByEdges(12).Deal(tree, edges);
        Assert.Equal((37, 4), (byEdges.Length, byEdges[^1].Length));                              // the published 36 full updates and a remainder
        Assert.Equal(Enumerable.Range(0, 436), byEdges.SelectMany(b => b).Order());
    }
}
