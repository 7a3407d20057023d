using System.CommandLine;
using BranchGrpo.Kit.Models.Library;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Rewards;
using BranchGrpo.Kit.Models.Tasks;
using TorchSharp;

namespace BranchGrpo.Cli.Images;

/// <summary>The options of commands that work on real image models.</summary>
/// <param name="trains">Whether the command trains.</param>
internal sealed class ImageOptions(bool trains)
{
    /// <summary>Transformers of fewer parameters are tiny ones, which a CPU trains in seconds.</summary>
    public const long LargestTiny = 50_000_000;

    private readonly Option<DirectoryInfo?> models = ModelsOption.Create();
    private readonly Option<FileSystemInfo?> prompts = new("--prompts")
    {
        Description = "prompt file: text (one a line), JSON of HPDv2 or videos2caption.json, or the folder of HPDv2's four styles",
    };

    private readonly Option<int> count = new("--train-prompts")
    {
        Description = "how many prompts of the file to train on; each takes 4 MB of disk for FLUX",
        DefaultValueFactory = _ => 512,
    };

    private readonly Option<string> rewards = new("--rewards")
    {
        Description = $"what is trained on, such as hps or hps,clipscore:0.5; there are {string.Join(", ", RewardCatalogue.Names)}",
        DefaultValueFactory = _ => "hps",
    };

    private readonly Option<RewardMixing> mixing = new("--mixing")
    {
        Description = "how several rewards become one: scores (weighted sum) or advantages (each standardised over a prompt's pictures first)",
        DefaultValueFactory = _ => RewardMixing.Scores,
    };

    private readonly Option<string?> heldOut = new("--held-out")
    {
        Description = "rewards that are reported only, or none; all others of the folder if not given",
    };

    private readonly Option<DirectoryInfo> embeddings = EmbeddingsOption();

    /// <summary>Where embedded prompts are.</summary>
    public static Option<DirectoryInfo> EmbeddingsOption() => new("--embeddings")
    {
        Description = "folder of embedded prompts, shared between runs",
        DefaultValueFactory = _ => new(Path.Combine("runs", "embeddings")),
    };

    private Option[] All => trains ? [models, prompts, count, rewards, mixing, heldOut, embeddings] : [models, prompts, rewards, heldOut, embeddings];

    public void AddTo(Command command)
    {
        foreach (var option in All) command.Options.Add(option);
    }

    /// <summary>Fails where an option was given that the embedded task has no use for.</summary>
    public void RefuseAll(ParseResult parsed)
    {
        foreach (var option in All)
            if (parsed.GetResult(option) is { Implicit: false })
                throw new Failure($"{option.Name} goes with recipes of image models such as flux-branchgrpo or sd3-branchgrpo");
    }

    /// <summary>The choice for a family.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="family">FLUX or SD3.</param>
    /// <param name="preset">As typed; the one that fits the device if null.</param>
    /// <param name="what">Who asks, for messages.</param>
    public ImageChoice Choose(ParseResult parsed, ImageFamily family, string? preset, string what) => Choose(parsed, _ => family, preset, what);

    /// <summary>The choice for the family that a folder decides.</summary>
    public ImageChoice Choose(ParseResult parsed, Func<ModelFolder, ImageFamily> familyOf, string? preset, string what)
    {
        var folder = ModelFolder.Open(ModelsOption.Require(parsed.GetValue(models), what));
        var file = parsed.GetValue(prompts)?.FullName ?? throw new Failure($"{what} needs --prompts, a file of prompts");
        if (!File.Exists(file) && !Directory.Exists(file)) throw new Failure($"no prompt file {file}");
        var family = familyOf(folder);
        if (trains && parsed.GetValue(count) < 1) throw new Failure($"--train-prompts is {parsed.GetValue(count)}, must be at least 1");
        var trained = parsed.GetValue(rewards)!;
        var others = parsed.GetValue(heldOut) ?? string.Join(',', RewardCatalogue.In(folder).Except(RewardCatalogue.NamesIn(trained)));
        return new()
        {
            Family = family,
            Preset = preset is null ? PresetFor(folder, family) : ImagePreset.Find(preset, family).Name,
            Models = folder.Path,
            Prompts = file,
            TrainingPrompts = trains ? parsed.GetValue(count) : 0,
            Rewards = trained,
            Mixing = trains ? parsed.GetValue(mixing) : RewardMixing.Scores,
            HeldOut = others is "none" ? "" : others,
            Embeddings = parsed.GetValue(embeddings)!.FullName,
        };
    }

    /// <summary>The tiny preset for tiny models, else the largest that fits the GPU.</summary>
    public static string PresetFor(ModelFolder folder, ImageFamily family)
    {
        var pipeline = folder.Require(RewardCatalogue.KindOf(family));
        if (pipeline.Part("transformer") is { Parameters: < LargestTiny }) return "tiny";
        var memory = torch.cuda.is_available() ? DeviceMemory.Of(torch.CUDA) : null;
        return (memory is null ? null : ImagePreset.Fitting(family, memory.Bytes))?.Name ?? throw new Failure(
            $"{(memory is null ? "There is no CUDA device here" : $"{memory.Name} has {ModelsReport.Size(memory.Bytes)}")}, which no preset of {family} fits; "
            + $"--preset takes {string.Join(", ", ImagePreset.All.Where(p => p.Family == family).Select(p => p.Name))}");
    }
}
