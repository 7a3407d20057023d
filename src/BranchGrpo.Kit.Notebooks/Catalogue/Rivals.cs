namespace BranchGrpo.Kit.Notebooks;

/// <summary>Methods of others that the paper does not compare with, as recipes of the same engine.</summary>
internal static class Rivals
{
    /// <summary>The tuned MixGRPO, the one-split star and TreeGRPO.</summary>
    public static Recipe[] All()
    {
        var (tuned, split, branch) = (Of("DanceGRPO-T4"), Of("BranchGRPO-Split"), Of("BranchGRPO"));
        return
        [
            tuned with
            {
                Name = "MixGRPO-T5",
                Summary = "MixGRPO (arXiv 2507.21802) tuned: 5 steps, a window of 2 at a random place, 16-way split at its first step, loss weight σ, "
                    + "pooled scale.",
                Plan = tuned.Plan with { Schedule = NoiseSchedule.Shifted(5), Stochastic = new StochasticRule.Window(new(2, 5, new WindowPace.Random(1))) },
            },
            split with
            {
                Name = "Flow-GRPO-Fast",
                Summary = "A one-split star with a shared trunk (Flow-GRPO-Fast; TempFlow-GRPO, arXiv 2508.04324): 10 steps, one 16-way split at a random "
                    + "step of the first six, ODE elsewhere, tail stride 2, 8 prompts.",
                Plan = split.Plan with
                {
                    Schedule = NoiseSchedule.Shifted(10), Splits = new SplitRule.Random(1, 16, 6), Noise = new BranchNoise.Independent(),
                    Dynamics = new Dynamics.DanceSde(1),
                },
                Prompts = 8,
            },
            branch with
            {
                Name = "TreeGRPO",
                Summary = "TreeGRPO (arXiv 2512.08153): ODE prefix, 3-way splits at the 3 steps of a window whose start follows a truncated geometric law "
                    + "(ratio 0.5), ODE after it; leaf advantages backed up with log-probability weights; 2 prompts of 27 leaves.",
                Plan = branch.Plan with
                {
                    Stochastic = new StochasticRule.Window(new(3, 10, new WindowPace.Random(2, 0.5)) { Last = 6 }),
                    Splits = new SplitRule.AtStochasticSteps(3), Noise = new BranchNoise.Independent(),
                },
                Fusion = new FusionRule.PathProbability(1, Reduction.Mean), Advantage = new(Baseline.Group, AdvantageScale.Group), Prompts = 2,
            },
        ];
    }

    private static Recipe Of(string name) => Recipes.Find(name, Geometry.Quick) with { Published = null };
}
