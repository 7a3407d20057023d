using BranchGrpo.Kit.Shapes;

namespace BranchGrpo.Kit.Notebooks.Tests;

public sealed class CatalogueTests
{
    [Theory]
    [InlineData(Geometry.Quick)]
    [InlineData(Geometry.Paper)]
    public void Every_variant_has_a_plan_that_trains_and_a_name_of_its_own(Geometry geometry)
    {
        foreach (var ablation in Catalogue.For(geometry))
        {
            Assert.Equal(ablation.Variants.Length, ablation.Variants.Select(v => v.Name).Distinct().Count());
            foreach (var variant in ablation.Variants)
                Assert.All(new[] { 1, 2, 40 }, i => Assert.True(CostModel.Of(variant.Recipe, i) is { Edges: > 0, Updates: > 0 }, variant.Name));
        }
    }

    [Theory]
    [InlineData(Geometry.Quick)]
    [InlineData(Geometry.Paper)]
    public void A_name_stands_for_one_setting_and_a_setting_has_one_name(Geometry geometry)
    {
        var all = Catalogue.For(geometry).SelectMany(a => a.Variants).ToArray();
        foreach (var same in all.GroupBy(v => v.Name)) Assert.True(same.Select(v => v.Settings).Distinct().Count() == 1, same.Key);
        foreach (var same in all.GroupBy(v => v.Settings)) Assert.True(same.Select(v => v.Name).Distinct().Count() == 1,
            string.Join(", ", same.Select(v => v.Name)));
    }

    [Fact]
    public void Every_claim_names_variants_of_its_own_entry_and_a_known_score()
    {
        foreach (var ablation in Catalogue.For(Geometry.Quick))
            foreach (var claim in ablation.Claims)
            {
                Assert.Contains(claim.Variant, ablation.Variants.Select(v => v.Name));
                Assert.Contains(claim.Rival, ablation.Variants.Select(v => v.Name));
                Assert.Contains(claim.Score, new[] { "reward", "heldout", "verifier", "rmse", "diversity", "kl" });
            }
    }

    [Fact]
    public void The_papers_rows_and_the_rivals_stand_in_the_main_table_and_late_splits_at_their_places()
    {
        Assert.Equal(
            ["DanceGRPO", "DanceGRPO-0.6", "MixGRPO", "BranchGRPO", "BranchGRPO-WidPru", "BranchGRPO-DepPru", "BranchGRPO-Mix", "DanceGRPO-T4", "MixGRPO-T5",
                "Flow-GRPO-Fast", "TreeGRPO", "BranchGRPO-Split"], Catalogue.Find("main").Variants.Select(v => v.Name));
        Assert.Equal("T=20, splits 9×2 12×2 15×2 18×2, SDE 20/20, 16 leaves", Catalogue.Find("splits", Geometry.Paper).Recipes[^1].Plan.At(1, 1).ToString());
        Assert.Contains("main, splits", Assert.Throws<ArgumentException>(() => Catalogue.Find("nothing")).Message);
        Assert.Equal("TreeGRPO", Catalogue.Variant("treegrpo", Geometry.Quick).Name);
        Assert.Throws<ArgumentException>(() => Catalogue.Variant("nothing", Geometry.Quick));
    }

    [Fact]
    public void Every_method_of_the_tuned_table_has_the_rate_that_scored_best_on_validation_prompts()
    {
        var (tuning, tuned) = (Catalogue.Find("tuning"), Catalogue.Find("tuned"));
        var study = Study.Read(Path.Combine(ShapesData.Locate(), "..", "results")).For(tuning);
        var best = tuning.Variants.Chunk(3).Select(rates => rates.MaxBy(v => study.AtSeconds(v.Name, "validation-reward")!.Value.Mean)!.Name);
        Assert.Equal(best, tuned.Variants.Select(v => v.Name));
        Assert.Contains(tuned.Claims, c => (c.Variant, c.Rival) == ("BranchGRPO-Split lr 40e-5", "MixGRPO lr 20e-5"));
    }

    [Fact]
    public void What_seeds_suggested_other_seeds_answer()
    {
        var (beyond, star) = (Catalogue.Find("beyond"), Catalogue.Find("star"));
        Assert.All(star.Variants, v => Assert.Contains(v.Name, beyond.Variants.Select(b => b.Name)));
        Assert.Equal((101ul, 105ul), (beyond.FirstSeed, star.FirstSeed));
        var (parts, credit) = (Catalogue.Find("baselines"), Catalogue.Find("credit"));
        Assert.Equal((101ul, 101ul, 105ul), (parts.FirstSeed, Catalogue.Find("weights").FirstSeed, credit.FirstSeed));
        Assert.Equal(parts.Variants[^1].Recipe.Advantage, credit.Variants[1].Recipe.Advantage);
        Assert.Equal([false, false, true, true], new ulong[] { 1, 104, 105, 112 }.Select(star.HasSeed));
        Assert.Equal([true, true, false], new ulong[] { 1, 100, 101 }.Select(Catalogue.Find("tuning").HasSeed));
    }

    [Fact]
    public void TreeGRPO_grows_a_full_ternary_tree_inside_a_window_that_mostly_starts_early()
    {
        var tree = Catalogue.Variant("TreeGRPO", Geometry.Quick).Recipe;
        var starts = Enumerable.Range(2, 400).Select(i => tree.Plan.At(i, 1)).Select(plan =>
        {
            Assert.Equal(27, plan.LeavesPerPrompt);
            Assert.Equal(3, plan.Steps.Count(s => s.IsStochastic && s.Branches == 3));
            return plan.Steps.ToList().FindIndex(s => s.IsStochastic);
        }).CountBy(s => s).ToDictionary();
        Assert.Equal(6, starts.Keys.Max());
        Assert.InRange(starts[0] / 400.0, 0.43, 0.58);              // (1 − r)/(1 − r⁷) = 0.504
        Assert.InRange(starts[1] / (double)starts[0], 0.35, 0.65);  // r
    }
}
