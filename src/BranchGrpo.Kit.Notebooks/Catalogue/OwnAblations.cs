namespace BranchGrpo.Kit.Notebooks;

/// <summary>What BranchGRPO-Split is made of, and what was tried to beat it. Nothing here is published elsewhere.</summary>
internal static class OwnAblations
{
    private const string Own = "the kit's own";

    public static IEnumerable<Ablation> All()
    {
        var split = Recipes.Find("BranchGRPO-Split", Geometry.Quick);
        Variant Change(string name, string summary, Func<Recipe, Recipe> make) => new(make(split) with { Name = $"Split {name}", Summary = summary + "." });
        Variant Plan(string name, string summary, Func<PlanRule, PlanRule> make) => Change(name, summary, r => r with { Plan = make(r.Plan) });
        var star = Change("star CPS", "One 8-way split at a random step of the first four, CPS noise", r => r with
        {
            Plan = r.Plan with { Splits = new SplitRule.Random(1, 8, 4), Noise = new BranchNoise.Independent() },
        });
        PublishedClaim Star(string what, string score) => new($"A star with CPS noise leads BranchGRPO-Split {what}", "four other seeds, entry beyond",
            star.Name, split.Name, Place.EqualSeconds, score);
        Variant Tail(int stride) => Plan($"tail {stride}", $"Every {stride}. noise level after the last split", p => p with { TailStride = stride });
        return
        [
            new("tail", "How coarse may the ODE tail be?", Own, "", [new(split), Tail(1), Tail(3)]),
            new("split-parts", "What does each part of BranchGRPO-Split bring?", Own, "",
                [
                    new(split),
                    Plan("independent", "Siblings drawn independently", p => p with { Noise = new BranchNoise.Independent() }),
                    Plan("noise after it", "All steps but the last stochastic", p =>
                        p with { Stochastic = new StochasticRule.Window(WindowSchedule.Sliding(4, 5, 1)) }),
                    Plan("Dance-SDE", "The SDE of DanceGRPO (η = 1) at the splits", p => p with { Dynamics = new Dynamics.DanceSde(1) }),
                    Change("tree mean", "Group mean as baseline", r => r with { Advantage = new(Baseline.Group, AdvantageScale.Pooled) }),
                    Change("4 prompts", "4 prompts instead of 16", r => r with { Prompts = 4 }),
                    Change("U = 3, lr 1e-4", "Optimiser settings of the other methods",
                        r => r with { UpdateSplit = new UpdateSplit.ByTimestep(3), LearningRate = 1e-4 }),
                ]),
            new("beyond", "What beats BranchGRPO-Split?", Own, "",
                [
                    new(split),
                    Change("4x4", "4-way splits at 0 and 2, independent siblings, 8 prompts", r => r with
                    {
                        Prompts = 8, Plan = r.Plan with { Splits = new SplitRule.Fixed(4, 0, 2), Noise = new BranchNoise.Independent() },
                    }),
                    star,
                    Change("T = 4", "4 steps, splits 0,1", r => r with
                    {
                        Prompts = 32, Plan = r.Plan with { Schedule = NoiseSchedule.Shifted(4), Splits = new SplitRule.Fixed(2, 0, 1) },
                    }),
                    Plan("shifted", "Noise levels shifted by 2: larger first steps at high noise", p => p with { Schedule = NoiseSchedule.Shifted(5, 2) }),
                    Plan("more noise", "CPS η = 0.8", p => p with { Dynamics = new Dynamics.Cps(0.8) }),
                    Change("24 prompts", "24 prompts instead of 16, learning rate 3e-4", r => r with { Prompts = 24, LearningRate = 3e-4 }),
                    Plan("random splits", "Three splits at random steps of the first four", p => p with { Splits = new SplitRule.Random(3, 2, 4) }),
                    Change("averaged", "Moving average of the weights, decay 0.95", r => r with { EmaDecay = 0.95 }),
                ]),
            new("star", "Does one split at a random step beat three at fixed ones, on seeds that did not suggest it?", Own, "", [new(split), star])
            {
                IsMain = true,
                ChoosingSeeds = 4,
                Claims = [Star("in reward", "reward"), Star("on the second reward", "heldout"), Star("on the verifier", "verifier")],
            },
        ];
    }
}
