namespace BranchGrpo.Kit.Notebooks.Tests;

public class CostPiecesTests
{
    [Fact]
    public void The_table_has_the_published_figures()
    {
        Assert.Equal([698.0, 469, 289, 493, 314, 314, 148], PaperTable.Rows.Select(r => r.Cost!.SecondsPerIteration));
        Assert.Equal([0.360, 0.353, 0.359, 0.363, 0.364, 0.369, 0.363], PaperTable.Rows.Select(r => r.Hps));
        Assert.Equal((0.313, 1.112), (PaperTable.Untrained.Hps, PaperTable.Untrained.ImageReward));
        Assert.Contains("BranchGRPO-Mix", Assert.Throws<ArgumentException>(() => PaperTable.Find("DPO")).Message);
    }

    [Fact]
    public void Two_constants_explain_all_published_times_but_one()
    {
        var model = PaperTable.FitTo(PaperTable.Rows.Where(r => r.Method != "BranchGRPO-Mix"));
        Assert.Equal(7.3, model.PerRollout, 0.2);
        Assert.Equal(27, model.PerTrained, 0.5);
        foreach (var row in PaperTable.Rows)
            if (row.Method != "BranchGRPO-Mix") Assert.InRange(model.Predict(row) / row.Cost!.SecondsPerIteration, 0.93, 1.07);
        Assert.InRange(model.Predict(PaperTable.Find("BranchGRPO-Mix")) / 148, 1.4, 1.5);
    }

    [Fact]
    public void Timings_come_with_what_was_foretold()
    {
        var recipes = Recipes.For(Geometry.Quick).Where(r => r.Name is "DanceGRPO-T4" or "BranchGRPO-Mix" or "BranchGRPO")
            .Select(r => r with { Prompts = 1 }).ToArray();
        var timings = IterationTiming.Measure(recipes, 1);
        Assert.Equal(recipes.Select(r => r.Name), timings.Select(t => t.Name));
        Assert.Equal(recipes.Select(r => CostModel.Of(r).TrainedEvaluations), timings.Select(t => t.Cost.TrainedEvaluations));
        Assert.All(timings, t => Assert.InRange(t.Seconds, 1e-4, 60));
        var constants = new TimeModel(0.01, 0.03);
        IterationTiming[] exact = [.. timings.Select(t => t with { Seconds = constants.Predict(t.Cost.RolloutEvaluations, t.Cost.TrainedEvaluations) })];
        Assert.All(exact, t => Assert.Equal(t.Seconds, t.Foretold(exact), 9));
        IterationTiming[] odd = [exact[0] with { Seconds = 1000 }, .. exact[1..]];
        Assert.Equal(exact[0].Seconds, odd[0].Foretold(odd), 9);                     // its own time has no say
        Assert.Equal(6, IterationTiming.Table(timings).Columns.Count);
    }

    [Fact]
    public void Windows_show_what_each_step_trains()
    {
        var (mix, branch) = (Recipes.Find("MixGRPO", Geometry.Quick), Recipes.Find("BranchGRPO-DepPru", Geometry.Quick));
        var figure = Figures.Windows("title", "subtitle", 12, mix, branch);
        var text = figure.ToString();
        Assert.Contains("MixGRPO: 4.00", text);
        Assert.Contains($"BranchGRPO-DepPru: {Figures.Short(CostModel.Of(branch).TrainedPerLeaf)}", text);
        Assert.Contains("trained evaluations per leaf", figure.ToPlotly());
        Assert.Contains("MixGRPO", figure.ToSvg());
    }
}
