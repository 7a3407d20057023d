using System.CommandLine;
using System.Globalization;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo cost</c>: what an iteration will cost, before it runs, with the published numbers beside it.</summary>
internal static class CostCommand
{
    public static Command Create()
    {
        var name = new Argument<string?>("recipe") { Description = "its name; all recipes if not given", Arity = ArgumentArity.ZeroOrOne };
        var geometry = PlanOptions.Geometry();
        var command = new Command("cost", "Evaluations, edges and memory of an iteration, predicted; published numbers beside.") { name, geometry };
        command.SetAction(parsed =>
        {
            var (recipes, baseline, shape) = RecipeNames.Shown(parsed.GetValue(name), parsed.GetValue(geometry));
            var dance = CostModel.Of(baseline).ForwardUnits;
            ConsoleTable.Print(new(
                $"One iteration, geometry {shape.ToString().ToLowerInvariant()}",
                ["recipe", "leaves", "edges", "updates", "NFE/leaf", "trained/leaf", "edges/leaf", "published", "peak latents", "cost to DanceGRPO"],
                [.. recipes.Select(recipe => Row(recipe, CostModel.Of(recipe), dance))]));
            Console.WriteLine("""
                First iteration. NFE: evaluations of the policy, each node once; siblings share a trained evaluation. Edges: those trained.
                Published: NFE of rollout and training per sample at T = 20 (arXiv 2509.06040v5, Table 1), which counts edges.
                Cost: rollout + 3 x trained evaluations.
                """);
        });
        return command;
    }

    private static IReadOnlyList<string> Row(Recipe recipe, Cost cost, double dance) =>
    [
        recipe.Name, $"{cost.Leaves}", $"{cost.Edges}", $"{cost.Updates}", Number(cost.RolloutPerLeaf), Number(cost.TrainedPerLeaf),
        Number(cost.EdgesPerLeaf), recipe.Published is { } p ? $"{Number(p.RolloutPerSample, "0.00#")} / {Number(p.TrainedPerSample, "0.00#")}" : "",
        $"{cost.PeakLatents}", Number(cost.ForwardUnits / dance),
    ];

    private static string Number(double value, string format = "0.00") => value.ToString(format, CultureInfo.InvariantCulture);
}
