namespace BranchGrpo.Kit;

/// <summary>Number of steps and split points that the recipes of a comparison share.</summary>
public enum Geometry
{
    /// <summary>T = 10, splits 0, 2, 4, 6: the Shapes default.</summary>
    Quick,

    /// <summary>T = 20, splits 0, 3, 6, 9: the paper's default ("Dense").</summary>
    Paper,
}

/// <summary>The published methods and the kit's own, as values. Settings that a comparison must share (prompts, leaves, noise level, learning rate,
/// optimiser steps per iteration) are the same for all of them; the published scripts give BranchGRPO about 36 optimiser steps where DanceGRPO gets
/// 2.</summary>
public static class Recipes
{
    /// <summary>All recipes at a geometry.</summary>
    public static IReadOnlyList<Recipe> For(Geometry geometry)
    {
        var (steps, splits, window) = geometry == Geometry.Paper ? (20, new[] { 0, 3, 6, 9 }, 4) : (10, new[] { 0, 2, 4, 6 }, 2);
        var lastSplit = splits[^1];
        var dance = new Recipe
        {
            Name = "DanceGRPO",
            Summary = "16 chains per prompt from shared initial noise, every step stochastic, group advantage (arXiv 2505.07818).",
            Plan = new() { Schedule = NoiseSchedule.Shifted(steps), Roots = new(16) },
            Published = new(20, 20, 698),
        };
        var branch = dance with
        {
            Name = "BranchGRPO",
            Summary = $"One tree per prompt, binary splits at {string.Join(',', splits)} of {steps}, correlated noise s = 4, "
                + "mean fusion, depth-wise advantages, "
                + "every edge equally (arXiv 2509.06040).",
            Plan = dance.Plan with { Roots = new(1), Splits = new SplitRule.Fixed(2, splits) },
            Advantage = new(Baseline.Depth, AdvantageScale.Depth),
            Published = new(13.68, 13.68, 493),
        };
        var few = dance with
        {
            Name = "DanceGRPO-T4",
            Summary = "The tuned chain, Split's fair rival: DanceGRPO with 4 steps, split 16 ways at step 0, loss weight σ, scale pooled over prompts.",
            Plan = dance.Plan with
            {
                Schedule = NoiseSchedule.Shifted(4),
                Roots = new(1),
                Splits = new SplitRule.AtFirstStochasticStep(16),
                Noise = new BranchNoise.Independent(),
            },
            Advantage = new(Baseline.Group, AdvantageScale.Pooled),
            Weighting = EdgeWeighting.PerDepth,
            SigmaPower = 1,
            Published = null,
        };
        return
        [
            dance,
            dance with
            {
                Name = "DanceGRPO-0.6", Summary = "DanceGRPO that trains a random 60 % of each chain's steps (timestep fraction 0.6).",
                Pruning = [new PruningRule.TimestepFraction(0.6)], Published = new(20, 12, 469),
            },
            dance with
            {
                Name = "MixGRPO", Summary = "16 chains, stochastic inside a window of 4 steps that slides every 10 iterations, ODE outside (arXiv 2507.21802).",
                Plan = dance.Plan with { Stochastic = Sliding(4, steps) }, Published = new(20, 5, 289),
            },
            dance with
            {
                Name = "Flow-GRPO", Summary = "16 chains with Flow-SDE noise (η = 0.7) and a KL term of weight 0.04 to the base policy (arXiv 2505.05470).",
                Plan = dance.Plan with { Dynamics = new Dynamics.FlowSde(0.7) }, Objective = new() { KlCoefficient = 0.04 }, Published = null,
            },
            branch,
            branch with
            {
                Name = "BranchGRPO-PerDepth", Summary = "BranchGRPO with every depth weighted equally and advantages scaled over the tree: "
                    + "the kit's tuning of the paper's tree.",
                Advantage = new(Baseline.Group, AdvantageScale.Group), Weighting = EdgeWeighting.PerDepth, Published = null,
            },
            branch with
            {
                Name = "BranchGRPO-WidPru", Summary = "BranchGRPO with Parent-Top1: below the last split only the better sibling's chain is trained.",
                Pruning = [new PruningRule.ParentTop1()], Published = new(13.68, 8.625, 314),
            },
            branch with
            {
                Name = "BranchGRPO-WidPru-Extreme", Summary = "BranchGRPO with Extreme-b: the chains of the 4 best and 4 worst leaves are trained.",
                Pruning = [new PruningRule.ExtremeLeaves(4)], Published = new(13.68, 8.625, 314),
            },
            branch with
            {
                Name = "BranchGRPO-DepPru",
                Summary = "BranchGRPO without the edges of a window of depths after the last split, which moves one depth later every 30 iterations.",
                Pruning = [DepthPruning(steps, lastSplit)], Published = new(13.68, 8.625, 314),
            },
            branch with
            {
                Name = "BranchGRPO-Mix", Summary = $"BranchGRPO with SDE at splits and in a sliding window of {window} steps, ODE elsewhere.",
                Plan = branch.Plan with { Stochastic = Sliding(window, steps) }, Published = new(13.68, 4.25, 148),
            },
            new()
            {
                Name = "BranchGRPO-Split",
                Summary = "The kit's own: T = 5, noise at the splits 0,1,2 only (CPS), mirrored siblings, "
                    + "sibling baseline, coarse ODE tail, 16 prompts of 8 leaves.",
                Plan = new()
                {
                    Schedule = NoiseSchedule.Shifted(5), Splits = new SplitRule.Fixed(2, 0, 1, 2), Stochastic = new StochasticRule.SplitsOnly(), TailStride = 2,
                    Dynamics = new Dynamics.Cps(0.5), Noise = new BranchNoise.Mirrored(),
                },
                Prompts = 16, Advantage = new(Baseline.Siblings, AdvantageScale.Pooled), Weighting = EdgeWeighting.PerDepth, SigmaPower = 1,
                UpdateSplit = new UpdateSplit.ByTimestep(1), LearningRate = 2e-4,
            },
            few,
        ];
    }

    /// <summary>The recipe of a name, whatever its case.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists the names.</exception>
    public static Recipe Find(string name, Geometry geometry)
    {
        var all = For(geometry);
        return all.FirstOrDefault(r => r.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException($"There is no recipe \"{name}\". Recipes: {string.Join(", ", all.Select(r => r.Name))}.", nameof(name));
    }

    private static StochasticRule.Window Sliding(int length, int steps) => new(WindowSchedule.Sliding(length, steps, every: 10));

    // The paper's window has 4 of 20 steps and starts at the last split; the last step is never trained.
    private static PruningRule.DepthWindow DepthPruning(int steps, int lastSplit)
    {
        var length = steps / 5;
        return new(lastSplit + 2, length) { SlideEvery = 30, Stop = Math.Max(lastSplit + 2, steps - length) };
    }
}
