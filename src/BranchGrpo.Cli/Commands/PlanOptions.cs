using System.CommandLine;
using BranchGrpo.Cli.Compare;
using BranchGrpo.Cli.Images;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Models.Tasks;

namespace BranchGrpo.Cli.Commands;

/// <summary>The options that <c>compare</c> and <c>run</c> share.</summary>
internal sealed class PlanOptions
{
    private readonly Option<string?> preset = new("--preset")
    {
        Description = "dry (a check), quick (minutes, the default), standard (3 seeds) or gpu; for image models gpu24, gpu80, gpu141 or tiny, "
            + "the largest that fits if not given",
    };

    private readonly ImageOptions images = new(trains: true);
    private readonly Option<int?> seeds = new("--seeds") { Description = "number of seeds, instead of the preset's" };
    private readonly Option<double?> seconds = new("--seconds") { Description = "training seconds of each run, instead of the preset's" };
    private readonly Option<int?> iterations = new("--iterations") { Description = "iterations of each run, instead of the preset's seconds" };
    private readonly Option<string?> device = new("--device") { Description = "cpu or cuda, instead of the preset's" };
    private readonly Option<DirectoryInfo?> folder = new("--out") { Description = "run folder; started again with the same one, it goes on" };
    private readonly Option<int?> microBatch = new("--micro-batch")
    {
        Description = "latents per policy call, chosen from the memory if not given: fewer need less of it; changes neither law nor draws, only rounding",
    };

    private readonly Option<int?> jobs = new("--jobs") { Description = "worker processes side by side; one per processor if not given" };

    /// <summary>Which schedule recipes are made for.</summary>
    public static Option<string?> Geometry() => new("--geometry")
    {
        Description = "quick (T = 10, splits 0,2,4,6; the default) or paper (T = 20, splits 0,3,6,9; the default for image models)",
    };

    private readonly Option<string?> geometry = Geometry();

    public void AddTo(Command command, bool withSeeds)
    {
        foreach (Option option in new Option[] { preset, geometry, seconds, iterations, device, folder, microBatch, jobs }) command.Options.Add(option);
        images.AddTo(command);
        if (withSeeds) command.Options.Add(seeds);
    }

    /// <summary>The plan that was asked for; checked as far as that needs no device and no file.</summary>
    public ComparePlan Plan(ParseResult parsed, IReadOnlyList<string> methods, IReadOnlyList<ulong>? chosenSeeds = null)
    {
        if (methods.Count == 0) throw new Failure("no method given");
        var choice = Images(parsed, methods);
        var chosen = choice is null ? Preset.Find(parsed.GetValue(preset) ?? "quick") : Preset.Of(choice.Sizes());
        var shape = ParseGeometry(parsed.GetValue(geometry) ?? (choice is null ? "quick" : "paper"));
        var count = chosenSeeds is null ? AtLeastOne(parsed.GetValue(seeds) ?? chosen.Seeds, "--seeds") : 0;
        var limit = parsed.GetValue(seconds) ?? (parsed.GetValue(iterations) is null ? chosen.Seconds : null);
        Positive(limit, "--seconds");
        string[] names = [.. methods.Select(name => RecipeNames.Find(name, RecipeNames.For(choice, shape)).Name).Distinct()];
        return new()
        {
            Preset = chosen.Name,
            Geometry = shape,
            Device = parsed.GetValue(device) ?? chosen.Device,
            Seconds = limit,
            Iterations = AtLeastOne(parsed.GetValue(iterations) ?? chosen.Iterations, "--iterations"),
            EvaluateEvery = chosen.EvaluateEvery,
            Methods = [.. names],
            Images = choice,
            MicroBatch = parsed.GetValue(microBatch) is { } latents ? AtLeastOne(latents, "--micro-batch") : null,
            Seeds = [.. chosenSeeds ?? [.. Enumerable.Range(1, count).Select(seed => (ulong)seed)]],
        };
    }

    /// <summary>What a run of image models takes; null for the embedded task.</summary>
    private ImageChoice? Images(ParseResult parsed, IReadOnlyList<string> methods)
    {
        var families = methods.Select(ImageRecipes.FamilyOf).Distinct().ToArray();
        if (families.Length > 1)
            throw new Failure($"{string.Join(", ", methods)} are not of one task; recipes of FLUX, of SD3 and of the embedded task are compared apart");
        if (families[0] is { } family) return images.Choose(parsed, family, parsed.GetValue(preset), methods[0]);
        images.RefuseAll(parsed);
        return null;
    }

    public string? Folder(ParseResult parsed) => parsed.GetValue(folder)?.FullName;

    public int Jobs(ParseResult parsed, ComparePlan plan) => Slots(parsed.GetValue(jobs), plan.Device);

    /// <summary>Worker processes side by side.</summary>
    public static int Slots(int? asked, string device) => AtLeastOne(asked ?? (device == "cpu" ? Environment.ProcessorCount : 1), "--jobs");

    public static Geometry ParseGeometry(string text) => text switch
    {
        "quick" => Kit.Geometry.Quick,
        "paper" => Kit.Geometry.Paper,
        _ => throw new Failure($"no geometry '{text}'; there are quick and paper"),
    };

    public static double? Positive(double? value, string option) =>
        value is <= 0 or double.NaN or double.PositiveInfinity ? throw new Failure($"{option} is {value}, must be positive") : value;

    public static int AtLeastOne(int value, string option) => value >= 1 ? value : throw new Failure($"{option} is {value}, must be at least 1");
}
