using System.Collections.Immutable;
using System.CommandLine;
using BranchGrpo.Cli.Ablate;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo ablate</c>: runs entries of the catalogue over seeds and judges every published claim.</summary>
internal static class AblateCommand
{
    public static Command Create()
    {
        var entries = new Argument<string[]>("entry")
        {
            Description = "names of entries, or all; without one the entries are listed", Arity = ArgumentArity.ZeroOrMore,
        };
        var preset = new Option<string>("--preset") { Description = "dry, quick, standard (8 and 4 seeds) or gpu", DefaultValueFactory = _ => "quick" };
        var seeds = new Option<int?>("--seeds") { Description = "number of seeds of every entry, instead of the preset's" };
        var seconds = new Option<double?>("--seconds") { Description = "training seconds of every run, instead of the preset's" };
        var device = new Option<string?>("--device") { Description = "cpu or cuda, instead of the preset's" };
        var geometry = PlanOptions.Geometry();
        var output = new Option<DirectoryInfo?>("--out") { Description = "run folders and CSV files; started again with the same one, it goes on" };
        var results = new Option<DirectoryInfo?>("--results")
        {
            Description = "a folder of CSV files to complete: what stands there is not run again, what is new is added",
        };
        var jobs = new Option<int?>("--jobs") { Description = "worker processes side by side; one per processor if not given" };
        var command = new Command("ablate", "Run published claims and ablations over seeds, only what is missing, and judge them.")
        {
            entries, preset, seeds, seconds, device, geometry, output, results, jobs,
        };
        command.SetAction((parsed, _) =>
        {
            var shape = PlanOptions.ParseGeometry(parsed.GetValue(geometry) ?? "quick");
            var chosen = Preset.Find(parsed.GetValue(preset)!);
            var plan = new AblatePlan
            {
                Preset = chosen, Geometry = shape, Device = parsed.GetValue(device) ?? chosen.Device,
                Entries = Find(parsed.GetValue(entries) ?? [], shape),
                Seeds = parsed.GetValue(seeds) is { } n ? PlanOptions.AtLeastOne(n, "--seeds") : null,
                Seconds = PlanOptions.Positive(parsed.GetValue(seconds), "--seconds"),
            };
            if (plan.Entries.IsEmpty) return Task.FromResult(List(shape));
            var slots = PlanOptions.Slots(parsed.GetValue(jobs), plan.Device);
            return AblateRun.ExecuteAsync(plan, parsed.GetValue(output)?.FullName ?? plan.DefaultFolder, slots, parsed.GetValue(results)?.FullName);
        });
        return command;
    }

    private static ImmutableArray<Ablation> Find(string[] names, Geometry geometry)
    {
        var all = Catalogue.For(geometry);
        return names is ["all"] ? [.. all] : [.. names.Select(name => all.FirstOrDefault(a => a.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new Failure($"no entry '{name}'; there are all, {string.Join(", ", all.Select(a => a.Name))}")).DistinctBy(a => a.Name)];
    }

    private static int List(Geometry geometry)
    {
        ConsoleTable.Print(new ResultTable("Entries of the catalogue", ["entry", "variants", "question"],
            [.. Catalogue.For(geometry).Select(a => (IReadOnlyList<string>)[a.Name, $"{a.Variants.Length}", a.Question])]));
        Console.WriteLine("'ablate main splits' runs two of them, 'ablate all' everything; 'recipes NAME' shows the values of a variant.");
        return 0;
    }
}
