using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Tasks;

namespace BranchGrpo.Kit.Models.Tests.Tasks;

public sealed class ImageRecipesTests
{
    private static readonly FineTuning Adapters = FineTuning.Adapters.OfAttention(8), Full = new FineTuning.Full();

    [Fact]
    public void Every_recipe_of_the_kit_exists_for_both_families()
    {
        foreach (var family in Enum.GetValues<ImageFamily>())
            foreach (var recipe in Recipes.For(Geometry.Paper))
            {
                var found = ImageRecipes.Find($"{family}-{recipe.Name}".ToUpperInvariant(), Adapters);
                Assert.Equal(family, ImageRecipes.FamilyOf(found.Name));
                Assert.Equal(recipe.Plan.Schedule.Steps, found.Plan.Schedule.Steps);
                found.Plan.At(1, 1);                                     // parts fit each other
            }
        Assert.Null(ImageRecipes.FamilyOf("branchgrpo"));
        Assert.Contains("flux-branchgrpo", Assert.Throws<ArgumentException>(() => ImageRecipes.Find("flux-nothing", Adapters)).Message);
    }

    [Fact]
    public void Settings_of_FLUX_are_the_papers()
    {
        var recipe = ImageRecipes.Find("flux-branchgrpo", Full);
        Assert.Equal((1e-5, 1e-4, 0.995, 1e-3, 2), (recipe.LearningRate, recipe.WeightDecay, recipe.EmaDecay, recipe.Objective.ClipRange, recipe.Prompts));
        Assert.Equal(new Dynamics.DanceSde(0.3), recipe.Plan.Dynamics);
        Assert.Equal(NoiseSchedule.Shifted(20, 3), recipe.Plan.Schedule);
        Assert.Equal(493, recipe.Published?.SecondsPerIteration);
        Assert.Equal(1e-4, ImageRecipes.Find("flux-branchgrpo", Adapters).LearningRate);
        var cost = CostModel.Of(recipe);
        Assert.Equal((2 * 203, 2 * 16, 2 * 218), (cost.RolloutEvaluations, cost.Leaves, cost.TreeEdges));
    }

    [Fact]
    public void SD3_has_the_noise_of_Flow_GRPO_and_no_published_seconds()
    {
        var recipe = ImageRecipes.Find("sd3-branchgrpo", Full);
        Assert.Equal(new Dynamics.FlowSde(0.7), recipe.Plan.Dynamics);
        Assert.Null(recipe.Published);
        Assert.Equal(new Dynamics.Cps(0.5), ImageRecipes.Find("sd3-branchgrpo-split", Full).Plan.Dynamics);
        Assert.Equal(0.04, ImageRecipes.Find("flux-flow-grpo", Full).Objective.KlCoefficient);
    }
}
