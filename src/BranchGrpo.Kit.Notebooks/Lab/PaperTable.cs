namespace BranchGrpo.Kit.Notebooks;

/// <summary>A row of the paper's Table 1.</summary>
/// <param name="Method">As in <see cref="Recipes"/> where there is such a recipe.</param>
/// <param name="Cost">NFE per sample of rollout and training, seconds per iteration; null for the untrained model.</param>
/// <param name="Hps">HPS-v2.1, the reward that was trained.</param>
/// <param name="PickScore">Not trained.</param>
/// <param name="ImageReward">Not trained.</param>
/// <param name="Unified">Unified Reward, not trained.</param>
/// <param name="EarlierImageReward">ImageReward of the same method in the first versions of the table; null where there was none.</param>
public sealed record PaperRow(
    string Method, PublishedCost? Cost, double Hps, double PickScore, double ImageReward, double Unified, double? EarlierImageReward)
{
    /// <summary>The scores by name, trained reward first.</summary>
    public IReadOnlyList<(string Name, double? Value)> Scores =>
    [
        ("HPS-v2.1", Hps), ("PickScore", PickScore), ("ImageReward", ImageReward), ("Unified Reward", Unified),
        ("ImageReward, v1-v2", EarlierImageReward),
    ];
}

/// <summary>Table 1 of BranchGRPO, arXiv 2509.06040v5: FLUX.1-dev, HPSv2.1 prompts, 16 H200.</summary>
public static class PaperTable
{
    /// <summary>The model before training.</summary>
    public static PaperRow Untrained { get; } = new("FLUX.1-dev", null, 0.313, 0.227, 1.112, 3.370, null);

    /// <summary>The trained rows, in the table's order; DanceGRPO first.</summary>
    public static IReadOnlyList<PaperRow> Rows { get; } =
    [
        Row("DanceGRPO", 0.360, 0.234, 1.612, 3.388, 1.189),
        Row("DanceGRPO-0.6", 0.353, 0.228, 1.517, 3.362, 1.219),
        Row("MixGRPO", 0.359, 0.228, 1.594, 3.380, 1.211),
        Row("BranchGRPO", 0.363, 0.229, 1.603, 3.386, 1.233),
        Row("BranchGRPO-WidPru", 0.364, 0.231, 1.609, 3.383, 1.300),
        Row("BranchGRPO-DepPru", 0.369, 0.235, 1.625, 3.404, 1.319),
        Row("BranchGRPO-Mix", 0.363, 0.230, 1.598, 3.384, 1.290),
    ];

    // The cost columns stand with the recipes.
    private static PaperRow Row(string method, double hps, double pick, double image, double unified, double? earlier) =>
        new(method, Recipes.Find(method, Geometry.Paper).Published, hps, pick, image, unified, earlier);

    /// <summary>The row of a method.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static PaperRow Find(string method) => Rows.Append(Untrained).FirstOrDefault(r => r.Method == method)
        ?? throw new ArgumentException(
            $"The table has no row \"{method}\"; there are {string.Join(", ", Rows.Append(Untrained).Select(r => r.Method))}.", nameof(method));

    /// <summary>Two constants fitted to published times: seconds per evaluation of the rollout and of training, per sample.</summary>
    /// <param name="rows">Trained rows.</param>
    public static TimeModel FitTo(IEnumerable<PaperRow> rows) =>
        TimeModel.Fit([.. rows.Select(r => (r.Cost!.RolloutPerSample, r.Cost.TrainedPerSample, r.Cost.SecondsPerIteration))]);

    /// <summary>Seconds that the constants give a row.</summary>
    public static double Predict(this TimeModel model, PaperRow row) => model.Predict(row.Cost!.RolloutPerSample, row.Cost.TrainedPerSample);
}
