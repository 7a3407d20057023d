using System.CommandLine;
using System.Globalization;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Models.Tasks;

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
            var typed = parsed.GetValue(name);
            var (recipes, baseline, shape) = RecipeNames.Shown(typed, parsed.GetValue(geometry));
            var dance = CostModel.Of(baseline).ForwardUnits;
            using var policy = typed is not null && ImageRecipes.FamilyOf(typed) is not null ? null : EmbeddedTask.Untrained();
            ConsoleTable.Print(new(
                $"One iteration, geometry {shape.ToString().ToLowerInvariant()}",
                ["recipe", "leaves", "edges", "updates", "NFE/leaf", "trained/leaf", "edges/leaf", "published", "cost to DanceGRPO", "peak latents",
                    .. policy is null ? (string[])[] : ["peak MB"]],
                [.. recipes.Select(recipe => (IReadOnlyList<string>)[.. Row(recipe, CostModel.Of(recipe), dance), .. Peak(policy, recipe)])]));
            Console.WriteLine("""
                First iteration. NFE: evaluations of the policy, each node once; siblings share a trained evaluation. Edges: those trained.
                Published: NFE of rollout and training per sample at T = 20 (arXiv 2509.06040v5, Table 1), which counts edges.
                Cost: rollout + 3 x trained evaluations.
                """);
            Console.WriteLine(policy is null ? "'models check' predicts the memory of image models." : $"""
                Peak MB of the embedded task, {TrainingMemory.LargestMicroBatch} latents a call: weights, gradients, moments, latents of the tree, activations;
                without and with the rollout's forward passes kept for the first update, as runs do where memory allows. Rewards and program come on top.
                """);
        });
        return command;
    }

    private static IReadOnlyList<string> Row(Recipe recipe, Cost cost, double dance) =>
    [
        recipe.Name, $"{cost.Leaves}", $"{cost.Edges}", $"{cost.Updates}", Number(cost.RolloutPerLeaf), Number(cost.TrainedPerLeaf),
        Number(cost.EdgesPerLeaf), recipe.Published is { } p ? $"{Number(p.RolloutPerSample, "0.00#")} / {Number(p.TrainedPerSample, "0.00#")}" : "",
        Number(cost.ForwardUnits / dance), $"{cost.PeakLatents}",
    ];

    private static IEnumerable<string> Peak(FlowPolicy? policy, Recipe recipe)
    {
        if (policy is null) yield break;
        string Of(long kept) => Number(IterationMemory.Of(policy, recipe, TrainingMemory.LargestMicroBatch, kept).Peak / 1e6, "0");
        yield return $"{Of(0)} / {Of(long.MaxValue)}";
    }

    private static string Number(double value, string format = "0.00") => value.ToString(format, CultureInfo.InvariantCulture);
}
