using BranchGrpo.Kit.Shapes;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks.Tests;

/// <summary>The study on the base policy, with small trees.</summary>
public class LeafStudyTests
{
    private static readonly LeafOptions Small = new() { Samples = 256, Swaps = 39, Subsets = 10, SubsetSize = 100 };

    private static PlanRule Rule(BranchNoise? noise = null) => Recipes.Find("BranchGRPO", Geometry.Quick).Plan with
    {
        Schedule = NoiseSchedule.Shifted(4),
        Splits = new SplitRule.Fixed(2, 0, 1, 2),
        Noise = noise ?? new BranchNoise.Correlated(),
    };

    private static readonly LeafMeasure[] Distances =
        [LeafMeasure.Mmd, LeafMeasure.MmdWithoutRelatives, LeafMeasure.Kid, LeafMeasure.Frechet, LeafMeasure.FrechetWithoutRelatives];

    [Fact]
    public void Equal_laws_stay_at_the_null_level_and_other_laws_do_not()
    {
        using var study = LeafStudy.OfShapes();
        var same = study.Compare("same", Rule(), Small);
        Assert.Equal((32, 8), (same.Trees, same.LeavesPerTree));
        Assert.All(Distances, m => Assert.True(same[m].PValue > 0.05, $"{m}: {same[m]}"));
        Assert.All(Distances, m => Assert.InRange(same[m].Value, same[m].Low, same[m].High));
        Assert.InRange(same[LeafMeasure.FrechetWithoutRelatives].Value / same[LeafMeasure.FrechetWithoutRelatives].Sequential, 0.85, 1.15);

        // Relatives are alike, and a tree of eight shows less than eight chains.
        Assert.InRange(same.ShareInside(), 0.1, 0.8);
        Assert.Equal(1.0 / 40, same[LeafMeasure.PictureDistance].PValue);
        Assert.InRange(same.WorthOfTree(), 1.1, 4);

        var scaled = study.Compare("scaled", Rule(new BranchNoise.Scaled(4)), Small);
        var wrong = study.Compare("wrong", Rule(), Small, reference: plan => new(NoiseSchedule.Shifted(2), [new(true), new(true)], plan.Dynamics,
            new(plan.LeavesPerPrompt, InitialNoise.Own), scored: plan.Scored));                // half as many steps
        foreach (var other in new[] { scaled, wrong })
        {
            Assert.All(Distances, m => Assert.True(other[m].PValue == 1.0 / 40, $"{other.Name} {other[m]}"));
            Assert.All(Distances, m => Assert.True(other[m].Value > other[m].High, $"{other.Name} {other[m]}"));
        }
        Assert.Equal(1.0 / 40, scaled[LeafMeasure.Reward].PValue);
    }

    [Fact]
    public void Sequential_rollouts_keep_steps_and_noise_levels_and_part_with_the_noise_they_shared()
    {
        var plan = Recipes.Find("BranchGRPO-Mix", Geometry.Quick).Plan.At(1, 1);
        var chains = LeafStudy.Sequential(plan);
        Assert.Equal((plan.Schedule, plan.Dynamics, plan.Scored, 16), (chains.Schedule, chains.Dynamics, chains.Scored, chains.LeavesPerPrompt));
        Assert.Equal(plan.Steps.Select(s => s.IsStochastic), chains.Steps.Select(s => s.IsStochastic));
        Assert.Equal(-1, chains.LastSplit);
        Assert.Equal(new RootPlan(16, InitialNoise.Own), chains.Roots);
        var star = Recipes.Find("DanceGRPO", Geometry.Quick).Plan.At(1, 1);
        Assert.Equal((16, InitialNoise.Own), (LeafStudy.Sequential(star).Roots.PerPrompt, LeafStudy.Sequential(star).Roots.Noise));
    }

    [Fact]
    public void Trees_follow_the_iterations_take_prompts_in_turn_and_draw_the_same_whatever_stands_beside_them()
    {
        var seen = new List<string>();
        double[] Reward(Tensor latents, IReadOnlyList<string> prompts)
        {
            seen.AddRange(prompts);
            return [.. prompts.Select(p => (double)p.Length)];
        }
        var rule = Rule() with { Splits = new SplitRule.Random(1, 8, 3) };
        string[] prompts = [.. ShapesPrompts.Test.Take(3)];
        var plan = LeafPlan.Of(rule, new() { Samples = 40, Seed = 2 }, LeafStudy.Sequential);
        Assert.Equal(5, plan.Trees.Length);
        Assert.Equal(Enumerable.Range(1, 5).Select(i => rule.At(i, 2)), plan.Trees);
        Assert.True(plan.Trees.Distinct().Count() > 1);

        var sampler = new LeafSampler(Lab.BasePolicy, Reward, latents => latents.flatten(1).narrow(1, 0, 6), prompts);
        using var all = sampler.Draw(plan.Trees, 7, null, default);
        Assert.Equal(40, seen.Count);
        Assert.All(prompts.Select((p, i) => (p, Count: i < 2 ? 16 : 8)), expected => Assert.Equal(expected.Count, seen.Count(s => s == expected.p)));
        Assert.Equal([.. Enumerable.Range(0, 5).Select(i => (double)prompts[i % 3].Length)], all.MeanRewards());
        Assert.Equal((5L, 8L, 6L), (all.Features.shape[0], all.Features.shape[1], all.Features.shape[2]));
        Assert.True(all.Features.square().mean([2]).allclose(ones(5, 8, dtype: float64)));
        Assert.Equal(Lab.BasePolicy.LatentShape[0] * Lab.BasePolicy.LatentShape[1], all.Pictures.shape[2]);

        using var fourth = TreeRollout.Grow(Lab.BasePolicy, plan.Trees[3], [prompts[0]], (key, shape) => SeededNoise.For(7, 1)(key with { Prompt = 3 }, shape));
        Assert.True(all.Pictures[3].allclose(fourth.Leaves.flatten(1).to(float64), atol: 1e-4));
        Assert.False(all.Pictures[3].allclose(all.Pictures[0], atol: 1e-2));
    }

    [Fact]
    public void Sequential_rollouts_are_drawn_once_for_plans_that_share_them()
    {
        var (drawn, tiny) = (0, new LeafOptions { Samples = 16, Swaps = 19, Subsets = 2 });
        var counted = new Counted(n => drawn += n);
        PlanRule[] rules = [Rule(), Rule(new BranchNoise.Mirrored()), Rule() with { Schedule = NoiseSchedule.Shifted(3) }];
        using (var study = LeafStudy.OfShapes())
        {
            foreach (var rule in rules) study.Compare("", rule, tiny, drawn: counted);
            Assert.Equal(3 * 16 + 16 + 3 * 16, drawn);
            Assert.Equal(drawn, LeafStudy.PicturesOf(rules, tiny));
        }

        // The same seed gives the same numbers, with or without what was kept.
        using var first = LeafStudy.OfShapes();
        using var second = LeafStudy.OfShapes();
        first.Compare("", rules[0], tiny);
        Assert.Equal(second.Compare("", rules[1], tiny).Quantities.AsEnumerable(), first.Compare("", rules[1], tiny).Quantities.AsEnumerable());
        using var third = LeafStudy.OfShapes();
        var other = tiny with { Seed = 2 };
        Assert.Equal(third.Compare("", rules[1], other).Quantities.AsEnumerable(), first.Compare("", rules[1], other).Quantities.AsEnumerable());
    }

    [Fact]
    public void A_stopped_study_leaves_nothing_behind()
    {
        using var study = new LeafStudy(Lab.BasePolicy, Lab.Task.Reward, latents => latents.flatten(1).narrow(1, 0, 6), ShapesPrompts.Test);
        using var source = new CancellationTokenSource();
        Rule().At(1, 1);
        var statistics = DisposeScopeManager.Statistics;
        statistics.Reset();
        var drawn = 0;
        Assert.Throws<OperationCanceledException>(() => study.Compare("", Rule(), new() { Samples = 512 }, drawn: new Counted(n =>
        {
            if ((drawn += n) > 512) source.Cancel();                                       // in the second set of sequential rollouts
        }), stop: source.Token));
        Assert.Equal(0, statistics.ThreadTotalLiveCount);
        study.Compare("", Rule(), new() { Samples = 16, Swaps = 19, Subsets = 2 });
        study.Dispose();
        Assert.Equal(0, statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void What_cannot_be_compared_is_said()
    {
        using var study = LeafStudy.OfShapes();
        Assert.Contains("1 tree(s) of 8 leaves; ask for at least 16",
            Assert.Throws<ArgumentException>(() => study.Compare("", Rule(), new() { Samples = 8 })).Message);
        Assert.Contains("nothing to compare inside it",
            Assert.Throws<ArgumentException>(() => study.Compare("", Rule() with { Splits = new SplitRule.None() })).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new LeafOptions { Samples = 3 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LeafOptions { Swaps = 1 });
        Assert.Contains("expected each of Mmd", Assert.Throws<ArgumentException>(() => new LeafResult("", 2, 2, [])).Message);
    }

    [Fact]
    public void Worth_of_a_tree_follows_the_share_inside()
    {
        Assert.Equal(16, MadeUp.Leaves("", share: 1).WorthOfTree(), 1e-9);                 // strangers
        Assert.Equal(1, MadeUp.Leaves("", share: 0).WorthOfTree(), 1e-9);                  // copies
        Assert.Equal(16 / 8.5, MadeUp.Leaves("", share: 0.5).WorthOfTree(), 1e-9);
    }

    private sealed class Counted(Action<int> add) : IProgress<int>
    {
        public void Report(int value) => add(value);
    }
}
