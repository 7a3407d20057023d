using System.CommandLine;
using BranchGrpo.Kit.Models.Library;
using BranchGrpo.Kit.Models.Policies;

namespace BranchGrpo.Cli.Images;

/// <summary>The options of commands that use a pipeline of the user's without training it.</summary>
internal sealed class PipelineOptions
{
    private readonly Option<DirectoryInfo?> models = ModelsOption.Create();
    private readonly Option<string?> family = new("--family") { Description = "flux or sd3; the one that is there if not given" };
    private readonly Option<string?> preset = PresetOption();
    private readonly Option<string?> device = DeviceOption();
    private readonly Option<DirectoryInfo> embeddings = ImageOptions.EmbeddingsOption();

    /// <summary>What <c>--checkpoint</c> takes.</summary>
    public const string Checkpoint = "a run's policy: a folder of adapters or a policy.safetensors; the base policy if not given";

    public static Option<string?> PresetOption() => new("--preset")
    {
        Description = "gpu24, gpu80, gpu141 or tiny: size of the pictures; the largest that fits if not given",
    };

    public static Option<string?> DeviceOption() => new("--device") { Description = "cpu or cuda; the preset's if not given" };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { models, family, preset, device, embeddings }) command.Options.Add(option);
    }

    /// <summary>The pipeline; null where no folder was given.</summary>
    public ImageDrawing? Choose(ParseResult parsed) => parsed.GetValue(models) is { } folder ? Choose(parsed, folder.FullName) : null;

    /// <summary>The pipeline in the folder that an option or the environment names.</summary>
    public ImageDrawing Require(ParseResult parsed, string what) => Choose(parsed, ModelsOption.Require(parsed.GetValue(models), what));

    private ImageDrawing Choose(ParseResult parsed, string path)
    {
        var folder = ModelFolder.Open(path);
        var chosen = FamilyOf(folder, parsed.GetValue(family));
        var name = parsed.GetValue(preset) ?? ImageOptions.PresetFor(folder, chosen);
        var place = parsed.GetValue(device) ?? (name == "tiny" ? "cpu" : "cuda");
        return ImageDrawing.Of(folder, chosen, name, place, parsed.GetValue(embeddings)!.FullName);
    }

    /// <summary>The family that was named, or whose pipeline is there, FLUX first.</summary>
    public static ImageFamily FamilyOf(ModelFolder folder, string? named) => named switch
    {
        "flux" => ImageFamily.Flux,
        "sd3" => ImageFamily.Sd3,
        null => folder.Find(ModelKind.Flux) is null && folder.Find(ModelKind.StableDiffusion3) is not null ? ImageFamily.Sd3 : ImageFamily.Flux,
        _ => throw new Failure($"no family '{named}'; there are flux and sd3"),
    };
}
