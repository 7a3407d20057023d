using System.CommandLine;
using BranchGrpo.Cli.Compare;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo run</c>: one recipe, one seed; a comparison with a single run.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var options = new PlanOptions();
        var recipe = new Argument<string>("recipe")
        {
            Description = "its name; 'recipes' lists them. With flux- or sd3- before it (flux-branchgrpo) it trains your own checkpoints",
        };
        var seed = new Option<ulong>("--seed") { Description = "seed of prompts and noise", DefaultValueFactory = _ => 1 };
        var command = new Command("run", "Train one recipe.") { recipe, seed };
        options.AddTo(command, withSeeds: false);
        command.SetAction((parsed, _) =>
        {
            var plan = options.Plan(parsed, [parsed.GetValue(recipe)!], [parsed.GetValue(seed)]);
            var folder = options.Folder(parsed) ?? Path.Combine("runs", "run-" + plan.Methods[0]);
            return CompareRun.ExecuteAsync(plan, folder, options.Jobs(parsed, plan));
        });
        return command;
    }
}
