using BranchGrpo.Kit;
using BranchGrpo.Kit.Models.Library;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Prompts;
using BranchGrpo.Kit.Models.Rewards;
using BranchGrpo.Kit.Models.Tasks;

namespace BranchGrpo.Cli.Images;

/// <summary>What training an image model takes besides a recipe. Part of a plan, so the same run goes on only with the same choice.</summary>
internal sealed record ImageChoice
{
    /// <summary>Prompts that are set aside, as in the published protocol; at most a quarter of a file.</summary>
    private const int SetAside = 400;

    public required ImageFamily Family { get; init; }
    public required string Preset { get; init; }

    /// <summary>Folder of the checkpoints.</summary>
    public required string Models { get; init; }

    /// <summary>The prompt file.</summary>
    public required string Prompts { get; init; }

    /// <summary>Prompts of the file that are trained on, after those that are set aside.</summary>
    public required int TrainingPrompts { get; init; }

    /// <summary>Names and weights, as typed.</summary>
    public required string Rewards { get; init; }

    /// <summary>How they become one.</summary>
    public RewardMixing Mixing { get; init; }

    /// <summary>Names of rewards that are reported and never trained on.</summary>
    public required string HeldOut { get; init; }

    /// <summary>Folder of embedded prompts.</summary>
    public required string Embeddings { get; init; }

    /// <summary>The preset's values.</summary>
    public ImagePreset Sizes() => ImagePreset.Find(Preset, Family);

    /// <summary>DanceGRPO of a method's family.</summary>
    public static string BaselineOf(string method) => method[..(method.IndexOf('-', StringComparison.Ordinal) + 1)] + "dancegrpo";

    /// <summary>BranchGRPO of a family.</summary>
    public static string BranchOf(ImageFamily family) => family.ToString().ToLowerInvariant() + "-branchgrpo";

    /// <summary>The recipe of a method, with as many prompts per iteration as the preset holds.</summary>
    public Recipe RecipeOf(string method, Geometry geometry) => Sizes().Of(ImageRecipes.Find(method, Sizes().Policy.Tuning, geometry));

    /// <summary>The task of a run.</summary>
    /// <param name="device">As typed.</param>
    /// <param name="microBatch">Latents per policy call; the preset's if null.</param>
    /// <exception cref="FileNotFoundException">A model is missing; the message says which and where it comes from.</exception>
    public ImageTaskOptions Options(string device, int? microBatch = null)
    {
        var prompts = ReadPrompts();
        var options = Options(device, [.. prompts.Training.Take(TrainingPrompts)], [.. prompts.HeldOut.Take(Sizes().EvaluationPrompts)]);
        return microBatch is { } latents ? options with { Preset = options.Preset with { MicroBatch = latents } } : options;
    }

    /// <summary>A task that only scores: prompts that runs set aside, or all of a file that no run was trained on.</summary>
    public ImageTaskOptions EvaluationOptions(string device, int count, bool all)
    {
        var (file, _, heldOut) = ReadPrompts();
        string[] chosen = [.. (all ? PromptTexts.Interleaved(file.Prompts) : heldOut).Distinct().Take(count)];
        var options = Options(device, [], chosen);
        return options with { Preset = options.Preset with { EvaluationPrompts = chosen.Length } };
    }

    /// <summary>The file and its division, styles in turn.</summary>
    public (PromptFile File, IReadOnlyList<string> Training, IReadOnlyList<string> HeldOut) ReadPrompts()
    {
        var file = PromptFile.Read(Prompts);
        var split = file.Split(Math.Min(SetAside, Math.Max(1, file.Prompts.Count / 4)));
        return (file, [.. PromptTexts.Interleaved(split.Training).Distinct()], [.. PromptTexts.Interleaved(split.Evaluation).Distinct()]);
    }

    /// <summary>Embeds what is missing of a run's prompts.</summary>
    /// <returns>False when it was stopped before its end.</returns>
    public bool Embed(string device, Action<PromptProgress> progress, CancellationToken stop)
    {
        var options = Options(device);
        var drawing = new ImageDrawing(options.Pipeline, options.Preset, options.Device, Embeddings);
        drawing.Embed([.. options.EvaluationPrompts, .. options.TrainingPrompts], progress, stop);
        return !stop.IsCancellationRequested;
    }

    private ImageTaskOptions Options(string device, IReadOnlyList<string> training, IReadOnlyList<string> evaluation)
    {
        var folder = ModelFolder.Open(Models);
        return new()
        {
            Pipeline = folder.Require(RewardCatalogue.KindOf(Family)).Path,
            Preset = Sizes(),
            Rewards = RewardCatalogue.Parse(folder, Rewards),
            Mixing = Mixing,
            HeldOut = RewardCatalogue.Parse(folder, HeldOut),
            TrainingPrompts = training,
            EvaluationPrompts = evaluation,
            CacheFolder = Embeddings,
            Device = EmbeddedTask.Find(device),
        };
    }
}
