namespace BranchGrpo.Kit.Notebooks;

/// <summary>How many iterations lie between evaluations, so that all methods are judged about as often per second.</summary>
internal static class EvaluationCadence
{
    private const int Iterations = 10;

    /// <summary>Iterations of a recipe that cost about as much as some of another.</summary>
    /// <param name="every">Of the baseline.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="baseline">What <paramref name="every"/> is counted in.</param>
    /// <returns>At least 1.</returns>
    public static int Of(int every, Recipe recipe, Recipe baseline) =>
        Math.Max(1, (int)Math.Round(every * CostModel.MeanForwardUnits(baseline, Iterations) / CostModel.MeanForwardUnits(recipe, Iterations)));
}
