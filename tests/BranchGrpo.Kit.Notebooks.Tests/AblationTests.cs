namespace BranchGrpo.Kit.Notebooks.Tests;

public sealed class AblationTests
{
    [Theory]
    [InlineData(0.1, 0.08, 0.05, "")]
    [InlineData(0.1, 0.04, 0.05, "drifting")]
    [InlineData(0.1, -0.02, 0.05, "hacked?")]
    [InlineData(0.1, 0.08, -0.02, "hacked?")]
    [InlineData(0.1, 0.08, -0.005, "")]                       // within the noise of the measure
    [InlineData(-0.1, -0.2, -0.2, "")]                        // nothing was gained, so nothing was bought
    public void The_monitor_warns_where_the_reward_and_what_it_stands_for_part(double reward, double heldOut, double verifier, string warning) =>
        Assert.Equal(warning, AblationTables.Warning(One(reward), One(heldOut), One(verifier)));

    [Fact]
    public void The_monitor_takes_the_spread_over_seeds_for_noise_and_says_nothing_of_unknown_scores()
    {
        Assert.Equal("", AblationTables.Warning(One(0.1), One(0.08), Spread.Of([-0.08, 0.02, 0.0])));
        Assert.Equal("hacked?", AblationTables.Warning(One(0.1), One(0.08), Spread.Of([-0.03, -0.02, -0.025])));
        Assert.Equal("", AblationTables.Warning(One(0.1), null, One(-1)));
    }

    [Fact]
    public void The_papers_table_stands_beside_the_runs()
    {
        var table = MadeUp.Comparison.BesidePaper();
        Assert.Equal(["DanceGRPO", "BranchGRPO"], table.Columns["method"].Cast<string>());
        Assert.Equal(["1.00", "0.71"], table.Columns["paper: time ratio"].Cast<string>());          // 493 s of 698 s
        Assert.Equal(["1.00", "0.33"], table.Columns["here: time ratio"].Cast<string>());           // 0.5 s of 1.5 s
        Assert.Equal(["+0.047", "+0.050"], table.Columns["paper: HPSv2.1 gain"].Cast<string>());
        Assert.Throws<ArgumentException>(() => new Comparison([MadeUp.Method("mine", 10, 1, 0.1)], null).BesidePaper());
    }

    private static Spread? One(double value) => Spread.Of([value]);
}
