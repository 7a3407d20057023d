namespace BranchGrpo.Kit.Notebooks;

/// <summary>One way to learn from a tree: the edges it trains, with advantage and weight.</summary>
/// <param name="Name">As shown in figures.</param>
/// <param name="Edges">From a scored tree to its trained edges.</param>
public sealed record GradientVariant(string Name, Func<RolloutTree, IReadOnlyList<TrainedEdge>> Edges)
{
    /// <summary>A recipe's credit, pruning and edge weights, all in one update; its plan is not used.</summary>
    public static GradientVariant Of(Recipe recipe) => Of(recipe.Name, recipe, credit => credit.Advantage);

    /// <summary>A recipe with advantages of your own.</summary>
    /// <param name="name">As shown in figures.</param>
    /// <param name="recipe">Fusion, pruning and edge weights.</param>
    /// <param name="advantage">From the fused tree to one advantage per node.</param>
    public static GradientVariant Of(string name, Recipe recipe, Func<CreditedTree, double[]> advantage)
    {
        var whole = recipe with { UpdateSplit = new UpdateSplit.ByTimestep(1) };
        return new(name, tree =>
        {
            var credit = tree.Credit(recipe);
            return whole.Updates(credit with { Advantage = advantage(credit) }, tree.Plan)[0];
        });
    }
}
