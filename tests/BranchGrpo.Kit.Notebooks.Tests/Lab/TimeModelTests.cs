namespace BranchGrpo.Kit.Notebooks.Tests;

public class TimeModelTests
{
    [Fact]
    public void Times_made_from_two_constants_give_them_back()
    {
        var model = TimeModel.Fit([(20, 20, 20 * 7.0 + 20 * 27), (20, 5, 20 * 7.0 + 5 * 27), (14, 4, 14 * 7.0 + 4 * 27)]);
        Assert.Equal(7, model.PerRollout, 9);
        Assert.Equal(27, model.PerTrained, 9);
        Assert.Equal(10 * 7.0 + 3 * 27, model.Predict(10, 3), 9);
    }

    [Fact]
    public void The_fit_has_the_least_squared_relative_errors()
    {
        (double X, double Y, double T)[] times = [(20, 20, 698), (20, 12, 469), (20, 5, 289), (13.68, 13.68, 493), (13.68, 8.625, 314)];
        var best = TimeModel.Fit(times);
        double Error(double a, double b) => times.Sum(m => Math.Pow((a * m.X + b * m.Y) / m.T - 1, 2));
        foreach (var (da, db) in new[] { (0.01, 0.0), (-0.01, 0.0), (0.0, 0.01), (0.0, -0.01) })
            Assert.True(Error(best.PerRollout + da, best.PerTrained + db) > Error(best.PerRollout, best.PerTrained));
    }

    [Fact]
    public void Counts_that_cannot_tell_the_constants_apart_are_refused()
    {
        Assert.Contains("mixtures", Assert.Throws<ArgumentException>(() => TimeModel.Fit([(1, 1, 3), (2, 2, 6.1)])).Message);
        Assert.Contains("positive", Assert.Throws<ArgumentException>(() => TimeModel.Fit([(1, 1, 0), (2, 1, 6.1)])).Message);
    }
}
