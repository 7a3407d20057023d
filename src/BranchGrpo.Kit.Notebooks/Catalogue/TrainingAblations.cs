namespace BranchGrpo.Kit.Notebooks;

/// <summary>Steps of training rollouts, optimiser steps, initial noise, frozen parts, and what the published code does otherwise.</summary>
internal static class TrainingAblations
{
    public static IEnumerable<Ablation> Of(Geometry geometry)
    {
        var (branch, dance, few) = (Recipes.Find("BranchGRPO", geometry), Recipes.Find("DanceGRPO", geometry), Recipes.Find("DanceGRPO-T4", geometry));
        Variant Change(Recipe recipe, string name, string summary, Func<Recipe, Recipe> make, string published = "") =>
            new(make(recipe) with { Name = $"{recipe.Name} {name}", Summary = summary + ".", Published = null }, published);
        Variant Chain(int steps) => new(few with
        {
            Name = $"DanceGRPO-T{steps}",
            Summary = $"The tuned chain with {steps} training steps.",
            Plan = few.Plan with { Schedule = NoiseSchedule.Shifted(steps) },
        });
        Variant Steps(Recipe recipe, int updates) => Change(recipe, $"U = {updates}", $"{updates} optimiser step(s) per iteration",
            r => r with { UpdateSplit = new UpdateSplit.ByTimestep(updates) });
        // As many optimiser steps per iteration as the published script makes with its two trees and 12 edges to a step.
        Recipe Many(Recipe recipe) => recipe with { UpdateSplit = new UpdateSplit.ByEdges((int)Math.Ceiling(CostModel.Of(recipe).Edges / 36.0)) };
        var (depth, mix) = (Recipes.Find("BranchGRPO-DepPru", geometry), Recipes.Find("BranchGRPO-Mix", geometry));
        var scaled = new BranchNoise.Scaled(4);
        var tree = branch.Plan with { Schedule = NoiseSchedule.Shifted(5), Splits = new SplitRule.Fixed(2, 0, 1, 2, 3) };
        return
        [
            new("steps", "How many denoising steps do training rollouts need? (All are judged at 10.)",
                "MixGRPO and Flow-GRPO train at 10 to 25, a study before the kit at 3 to 10",
                "T = 4 scores .10 above T = 10 at equal seconds",
                [Chain(10), Chain(3), new(few), Chain(5), Chain(20),
                    Change(branch, "T = 5", "The paper's tree with 5 steps, splits 0,1,2,3", r => r with { Plan = tree })])
            {
                Claims = [
                    new("Four training steps beat ten", "a study of four seeds before the kit: +.104", "DanceGRPO-T4", "DanceGRPO-T10", Place.EqualSeconds),
                    new("Ten training steps beat twenty", "the same study", "DanceGRPO-T10", "DanceGRPO-T20", Place.EqualSeconds)],
            },
            new("updates", "How many optimiser steps per iteration?",
                "published scripts: 2 for DanceGRPO, about 36 for BranchGRPO at the same learning rate", "",
                [new(branch), Steps(branch, 1), Change(branch, "U = 36", "About 36 optimiser steps per iteration (published script)", Many), new(dance),
                    Steps(dance, 1), Steps(dance, 2)])
            {
                Claims = [
                    new("With the scripts' optimiser steps (36 and 2) BranchGRPO beats DanceGRPO after the same iterations", "published scripts",
                        "BranchGRPO U = 36", "DanceGRPO U = 2", Place.EqualIterations)],
            },
            new("initial-noise", "Should the samples of a prompt share their initial noise?",
                "published script: --init_same_noise; Flow-GRPO draws its own", "",
                [new(dance), Change(dance, "own noise", "Every chain starts from its own noise", r =>
                    r with { Plan = r.Plan with { Roots = new(16, InitialNoise.Own) } }),
                    new(branch), Change(branch, "two roots", "Two trees of 8 leaves per prompt, each from its own noise",
                        r => r with { Plan = r.Plan with { Roots = new(2, InitialNoise.Own), Splits = FirstThree(r) } })]),
            new("frozen", "Should the projections stay frozen?", "a study before the kit: left free they drift into a texture", "",
                [new(branch), Change(branch, "all trained", "Every parameter of the policy is trained", r => r) with { TrainsAll = true }, new(dance),
                    Change(dance, "all trained", "Every parameter of the policy is trained", r => r) with { TrainsAll = true }]),
            new("published-code", "What does the published code change?", "Fredreic1849/BranchGRPO at 19fbb9f against arXiv 2509.06040v5", "",
                [new(branch), Change(branch, "as coded", "Split noise scaled by 4, about 36 optimiser steps per iteration",
                        r => Many(r) with { Plan = r.Plan with { Noise = scaled } }),
                    Change(branch, "width mode 1", "Keeps the earlier half of every chain below the last split",
                        r => r with { Pruning = [new PruningRule.PublishedChains(0.5)] }),
                    Change(branch, "width mode 2", "Keeps the best and worst quarter of the edges after the last split",
                        r => r with { Pruning = [new PruningRule.PublishedExtremes(0.5)] }),
                    new(Recipes.Find("BranchGRPO-WidPru", geometry)), new(depth), new(mix)]),
        ];
    }

    private static SplitRule.Fixed FirstThree(Recipe recipe) => new([.. ((SplitRule.Fixed)recipe.Plan.Splits).Splits.Take(3)]);
}
