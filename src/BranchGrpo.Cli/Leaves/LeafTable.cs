using System.Globalization;
using BranchGrpo.Cli.Compare;

namespace BranchGrpo.Cli.Leaves;

/// <summary>Results of leaves as tables on the console.</summary>
internal static class LeafTable
{
    public const string Words = """
        In brackets: the same between two sets of sequential rollouts, and p. p: whole trees change sides with the sequential rollouts in their place.
        MMD², KID and Fréchet take leaves for independent draws, and kinship alone lifts them; 'apart' never looks at two leaves of one tree.
        KID: mean ± sd over subsets.
        Distances and variances of two leaves of a tree, over those of two sequential rollouts of the prompt; worth: sequential rollouts whose mean
        knows as much as that of a tree's leaves.
        """;

    public static IReadOnlyList<ResultTable> Of(IReadOnlyList<LeafResult> results) =>
    [
        new("Leaves against sequential rollouts: one law?", ["variant", "trees", "MMD²", "MMD² apart", "KID", "Fréchet", "Fréchet apart", "reward"],
            [.. results.Select(r => (IReadOnlyList<string>)
            [
                r.Name, $"{r.Trees} x {r.LeavesPerTree}", Distance(r[LeafMeasure.Mmd], "0.0000"), Distance(r[LeafMeasure.MmdWithoutRelatives], "0.0000"),
                Distance(r[LeafMeasure.Kid], "0.0000"), Distance(r[LeafMeasure.Frechet], "0.00"), Distance(r[LeafMeasure.FrechetWithoutRelatives], "0.00"),
                Distance(r[LeafMeasure.Reward], "0.000"),
            ])]),
        new("Diversity inside a tree, sequential rollouts = 1",
            ["variant", "leaves", "picture distance", "feature distance", "picture variance", "feature variance", "reward variance", "worth", "worth (reward)"],
            [.. results.Select(r => (IReadOnlyList<string>)
            [
                r.Name, $"{r.LeavesPerTree}", Share(r, LeafMeasure.PictureDistance), Share(r, LeafMeasure.FeatureDistance),
                Share(r, LeafMeasure.PictureVariance), Share(r, LeafMeasure.FeatureVariance), Share(r, LeafMeasure.RewardVariance),
                Text(r.WorthOfTree(), "0.0"), Text(r.WorthOfTree(LeafMeasure.RewardVariance), "0.0"),
            ])]),
    ];

    private static string Distance(LeafQuantity q, string format) =>
        $"{Text(q.Value, format)}{(q.Deviation is { } sd ? $" ± {Text(sd, format)}" : "")} ({Text(q.Sequential, format)}; {Text(q.PValue, "0.000")})";

    private static string Share(LeafResult result, LeafMeasure measure) => Text(result[measure].Share, "0.00");

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
