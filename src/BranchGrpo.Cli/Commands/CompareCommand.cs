using System.CommandLine;
using BranchGrpo.Cli.Compare;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo compare</c>: all methods from the same base policy, with the same seeds and the same budget.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var options = new PlanOptions();
        var methods = new Option<string?>("--methods") { Description = "names with commas between them; 'recipes' lists them" };
        var command = new Command("compare", "Train the methods side by side and compare them at equal iterations and at equal seconds.");
        options.AddTo(command, withSeeds: true);
        command.Options.Add(methods);
        command.SetAction((parsed, _) =>
        {
            var named = parsed.GetValue(methods)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            var plan = options.Plan(parsed, named ?? [.. ComparePlan.DefaultMethods]);
            return CompareRun.ExecuteAsync(plan, options.Folder(parsed) ?? plan.DefaultFolder, options.Jobs(parsed, plan));
        });
        return command;
    }
}
