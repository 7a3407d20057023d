using System.CommandLine;
using BranchGrpo.Cli.Signal;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo snr</c>: how much of one iteration's gradient is signal, at the base policy.</summary>
internal static class SnrCommand
{
    // The chains, the paper's tree, the changes that lead from it to BranchGRPO-Split, and the rivals of that.
    private static readonly string[] story =
    [
        "DanceGRPO", "MixGRPO", "BranchGRPO", "BranchGRPO siblings", "BranchGRPO mirrored", "BranchGRPO splits only", "DanceGRPO-T4", "BranchGRPO-Split",
        "Flow-GRPO-Fast",
    ];

    public static Command Create()
    {
        var names = new Argument<string[]>("variant")
        {
            Description = $"names of recipes and variants ('ablate' and 'recipes' list them); {string.Join(", ", story)} if none is given",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var iterations = new Option<int>("--iterations") { Description = "iterations of each variant, at least 3", DefaultValueFactory = _ => 24 };
        var seed = new Option<ulong>("--seed") { Description = "seed of prompts and noise", DefaultValueFactory = _ => 1 };
        var file = new Option<FileInfo?>("--out")
        {
            Description = "a CSV file, a row per variant; started again with the same one, only what is missing is measured",
        };
        var geometry = PlanOptions.Geometry();
        var command = new Command("snr", "Measure the signal-to-noise ratio of each method's gradient at the base policy.")
        {
            names, iterations, seed, file, geometry,
        };
        command.SetAction(parsed =>
        {
            var shape = PlanOptions.ParseGeometry(parsed.GetValue(geometry) ?? "quick");
            string[] asked = parsed.GetValue(names) is { Length: > 0 } given ? given : story;
            var count = parsed.GetValue(iterations);
            if (count < 3) throw new Failure($"--iterations is {count}, must be at least 3: fewer tell no standard error");
            var plan = new SnrPlan([.. asked.Select(name => RecipeNames.FindVariant(name, shape)).DistinctBy(v => v.Name)], count, parsed.GetValue(seed));
            return SnrRun.Execute(plan, parsed.GetValue(file)?.FullName);
        });
        return command;
    }
}
