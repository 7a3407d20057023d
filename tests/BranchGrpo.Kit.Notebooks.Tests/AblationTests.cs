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
        var main = Catalogue.Find("main");
        Variant Of(string name) => main.Variants.Single(v => v.Name == name);
        var study = new Study(MadeUpStudy.Environment,
        [
            MadeUpStudy.Run(Of("DanceGRPO"), 101, 60, 1.5, 0.002), MadeUpStudy.Run(Of("BranchGRPO"), 101, 60, 0.5, 0.001),
            MadeUpStudy.Run(Of("TreeGRPO"), 101, 60, 0.5, 0.001),
        ]);
        var table = study.BesidePaper(main);
        Assert.Equal(["BranchGRPO"], table.Columns["against DanceGRPO"].Cast<string>());
        Assert.Equal(["0.71"], table.Columns["paper: time ratio"].Cast<string>());                  // 493 s of 698 s
        Assert.Equal(["0.33"], table.Columns["here: time ratio"].Cast<string>());                   // 0.5 s of 1.5 s
        Assert.Equal(["+0.003"], table.Columns["paper: HPSv2.1"].Cast<string>());                   // .363 − .360
        Assert.Equal(["-0.060"], table.Columns["here: reward, equal iterations"].Cast<string>());   // −0.001 · 60
        Assert.Equal(["+0.020"], table.Columns["here: reward, equal seconds"].Cast<string>());      // 60 · 0.001 − 20 · 0.002 at 30 s
    }

    private static Spread? One(double value) => Spread.Of([value]);
}
