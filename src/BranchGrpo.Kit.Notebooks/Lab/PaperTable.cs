namespace BranchGrpo.Kit.Notebooks;

/// <summary>A row of the paper's Table 1, as one record.</summary>
/// <param name="Method">Name of the recipe.</param>
/// <param name="Cost">NFE per sample of rollout and training, seconds per iteration, and HPS-v2.1, the reward that was trained; null for the untrained
/// model.</param>
/// <param name="PickScore">Not trained.</param>
/// <param name="ImageReward">Not trained.</param>
/// <param name="Unified">Unified Reward, not trained.</param>
/// <param name="EarlierImageReward">ImageReward of the same method in the first versions of the table; null where there was none.</param>
public sealed record PaperRow(string Method, PublishedCost? Cost, double PickScore, double ImageReward, double Unified, double? EarlierImageReward)
{
    /// <summary>The reward that was trained.</summary>
    public double Hps => Cost?.Hps ?? PaperTable.UntrainedHps;

    /// <summary>The scores by name, trained reward first.</summary>
    public IReadOnlyList<(string Name, double? Value)> Scores =>
        [("HPS-v2.1", Hps), ("PickScore", PickScore), ("ImageReward", ImageReward), ("Unified Reward", Unified), ("ImageReward, v1-v2", EarlierImageReward)];
}

/// <summary>Table 1 of BranchGRPO, arXiv 2509.06040v5: FLUX.1-dev, HPSv2.1 prompts, 16 H200.</summary>
public static class PaperTable
{
    /// <summary>HPS-v2.1 of the model before training.</summary>
    internal const double UntrainedHps = 0.313;

    /// <summary>The model before training.</summary>
    public static PaperRow Untrained { get; } = new("FLUX.1-dev", null, 0.227, 1.112, 3.370, null);

    /// <summary>The trained rows, in the table's order; DanceGRPO first.</summary>
    public static IReadOnlyList<PaperRow> Rows { get; } =
    [
        Row("DanceGRPO", 0.234, 1.612, 3.388, 1.189),
        Row("DanceGRPO-0.6", 0.228, 1.517, 3.362, 1.219),
        Row("MixGRPO", 0.228, 1.594, 3.380, 1.211),
        Row("BranchGRPO", 0.229, 1.603, 3.386, 1.233),
        Row("BranchGRPO-WidPru", 0.231, 1.609, 3.383, 1.300),
        Row("BranchGRPO-DepPru", 0.235, 1.625, 3.404, 1.319),
        Row("BranchGRPO-Mix", 0.230, 1.598, 3.384, 1.290),
    ];

    /// <summary>The row of a method.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static PaperRow Find(string method) => Rows.Append(Untrained).FirstOrDefault(r => r.Method == method)
        ?? throw new ArgumentException($"The table has no row \"{method}\"; there are {string.Join(", ", Rows.Append(Untrained).Select(r => r.Method))}.", nameof(method));

    /// <summary>Two constants fitted to published times: seconds per evaluation of the rollout and of training, per sample.</summary>
    /// <param name="rows">Trained rows.</param>
    public static TimeModel FitTo(IEnumerable<PaperRow> rows) =>
        TimeModel.Fit([.. rows.Select(r => (r.Cost!.RolloutPerSample, r.Cost.TrainedPerSample, r.Cost.SecondsPerIteration))]);

    /// <summary>Seconds that the constants give a row.</summary>
    public static double Predict(this TimeModel model, PaperRow row) => model.Predict(row.Cost!.RolloutPerSample, row.Cost.TrainedPerSample);

    private static PaperRow Row(string method, double pickScore, double imageReward, double unified, double earlier) =>
        new(method, Recipes.Find(method, Geometry.Paper).Published, pickScore, imageReward, unified, earlier);
}
