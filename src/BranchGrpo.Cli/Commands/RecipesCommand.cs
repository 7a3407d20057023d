using System.CommandLine;
using BranchGrpo.Kit;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo recipes</c>: every method with every value.</summary>
internal static class RecipesCommand
{
    public static Command Create()
    {
        var name = new Argument<string?>("recipe") { Description = "its name; all recipes if not given", Arity = ArgumentArity.ZeroOrOne };
        var geometry = PlanOptions.Geometry();
        var command = new Command("recipes", "The methods, every value spelled out.") { name, geometry };
        command.SetAction(parsed =>
        {
            foreach (var recipe in RecipeNames.Shown(parsed.GetValue(name), parsed.GetValue(geometry)).Recipes) Print(recipe);
        });
        return command;
    }

    private static void Print(Recipe recipe)
    {
        Console.WriteLine(recipe.Name);
        foreach (var (name, text) in SettingsText.Parts(recipe).Where(p => p.Name is not nameof(Recipe.Name) and not nameof(Recipe.Plan)))
        {
            Console.WriteLine($"  {name,-16} {text}");
        }
        foreach (var (name, text) in SettingsText.Parts(recipe.Plan)) Console.WriteLine($"  Plan.{name,-11} {text}");
        Console.WriteLine($"  Iteration 1      {recipe.Plan.At(1, seed: 1)}");
        Console.WriteLine();
    }
}
