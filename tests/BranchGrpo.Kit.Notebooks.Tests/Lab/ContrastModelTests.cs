namespace BranchGrpo.Kit.Notebooks.Tests;

public class ContrastModelTests
{
    private static readonly double[] created = [8, 4, 2, 1, 1, 1, 1, 1, 1];

    private static Recipe Find(string name) => Recipes.Find(name, Geometry.Quick);

    [Fact]
    public void Counts_of_the_chain_and_of_the_papers_tree()
    {
        var (chain, tree) = (ContrastModel.Of(Find("DanceGRPO"), created), ContrastModel.Of(Find("BranchGRPO"), created));
        Assert.Equal(Enumerable.Range(0, 9), chain.Select(s => s.Step));
        Assert.All(chain, s => Assert.Equal(4 * 15, s.Contrasts, 9));
        Assert.All(chain, s => Assert.Equal(created[s.Step] / 20, s.Share, 9));
        Assert.Equal([4, 4, 12, 12, 28, 28, 60, 60, 60], tree.Select(s => s.Contrasts));
        Assert.Equal(8 / (8 + 4 + ((2 + 1) / 2.0) + ((1 + 1) / 4.0) + (3 / 8.0)), tree[0].Share, 9);
        // At step 2 two nodes of four are cousins, which differ by what steps 0 and 1 made of them.
        Assert.Equal(2 / (2 + ((8 + 4) * 4 * (1 - 0.5) / 3) + 1 + ((1 + 1) / 2.0) + (3 / 4.0)), tree[2].Share, 9);
    }

    [Fact]
    public void What_the_changes_do()
    {
        var (branch, splits) = (Find("BranchGRPO"), new StochasticRule.SplitsOnly());
        Recipe Change(Func<PlanRule, PlanRule> change) => branch with { Plan = change(branch.Plan) };
        var alone = ContrastModel.Of(Change(p => p with { Stochastic = splits }), created);
        Assert.Equal([0, 2, 4, 6], alone.Select(s => s.Step));
        Assert.Equal(8 / (8 + 1 + 0.25 + 0.125), alone[0].Share, 9);
        var siblings = ContrastModel.Of(branch with { Advantage = new(Baseline.Siblings, AdvantageScale.Group) }, created);
        Assert.Equal([4, 4, 8, 8, 16, 16, 32, 32, 32], siblings.Select(s => s.Contrasts));
        Assert.Equal(2 / (2 + 1 + ((1 + 1) / 2.0) + (3 / 4.0)), siblings[2].Share, 9);
        Assert.Equal(1 / (1 + 2 + ((1 + 1) / 2.0) + (3 / 4.0)), siblings[3].Share, 9);
        var mirrored = ContrastModel.Of(Change(p => p with { Noise = new BranchNoise.Mirrored() }), created);
        Assert.Equal([4, 8, 16, 32], mirrored.Where(s => s.Step % 2 == 0 && s.Step < 8).Select(s => s.Contrasts));
        Assert.Equal(8 / (8 + (6.375 / 2)), mirrored[0].Share, 9);
        Assert.Contains("variances of 3 steps", Assert.Throws<ArgumentException>(() => ContrastModel.Of(branch, created[..3])).Message);
    }

    [Theory]
    [InlineData(Baseline.Group, false)]
    [InlineData(Baseline.Siblings, false)]
    [InlineData(Baseline.Group, true)]
    [InlineData(Baseline.Siblings, true)]
    public void Foretells_the_toy(Baseline baseline, bool mirrored)
    {
        BranchNoise noise = mirrored ? new BranchNoise.Mirrored() : new BranchNoise.Independent();
        var recipe = Toy.Recipe(5, baseline, noise, (0, 2), (2, 4));
        var task = Toy.Task();
        using var policy = task.CreatePolicy();
        using var probe = new SignalProbe(task, policy) { ScaleIterations = 1 };
        var measured = probe.Measure(recipe, 400);
        var foretold = ContrastModel.Of(recipe, Toy.Created(recipe.Plan));
        Assert.Equal([0, 1, 2, 3], foretold.Select(s => s.Step));
        foreach (var (step, known) in measured.Steps.Zip(foretold))
        {
            var expected = known.Strength / (Toy.Elements + known.Share);
            Assert.InRange(step.Plain.Value - expected, -3.5 * step.Plain.Error - 0.02, 3.5 * step.Plain.Error + 0.02);
        }
    }
}
