using System.Globalization;
using BranchGrpo.Kit.Models.Library;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Tasks;
using BranchGrpo.Kit.Native;
using TorchSharp;

namespace BranchGrpo.Cli.Images;

/// <summary>What is in a folder of models, in words.</summary>
internal static class ModelsReport
{
    /// <summary>Prints what was found, what is missing and whether it fits.</summary>
    /// <returns>0 when there is a complete image model and a complete reward, and nothing is damaged; else 1.</returns>
    public static int Print(ModelFolder folder, string? device)
    {
        LibTorch.Load();
        foreach (var model in folder.Models) Print(model);
        var absent = Enum.GetValues<ModelKind>().Where(kind => folder.Find(kind) is null).ToArray();
        foreach (var kind in absent) Say("not here", $"{kind.Title()}: {kind.Origin()}");
        var place = EmbeddedTask.Find(device ?? (torch.cuda.is_available() ? "cuda" : "cpu"));
        var memory = DeviceMemory.Of(place);
        Say("device", memory is null ? $"{place}, memory not known" : $"{memory.Name}, {Size(memory.Bytes)}");
        FoundModel[] complete = [.. folder.Models.Where(m => m.IsComplete)];
        var rewards = RewardCatalogue.In(folder);
        foreach (var model in complete.Where(IsPipeline)) PrintNeeds(folder, model, rewards, memory);
        var (policy, reward) = (complete.Any(IsPipeline), rewards.Count > 0);
        Console.WriteLine(policy && reward
            ? $"An image model and a reward are complete: 'run' can train.{(Damaged(folder) ? " What is marked MISSING cannot be used." : "")}"
            : $"To train it takes {(policy ? "" : "a complete FLUX or Stable Diffusion 3 pipeline")}{(policy || reward ? "" : " and ")}"
                + $"{(reward ? "" : "a complete reward model")}; see above.");
        return policy && reward && !Damaged(folder) ? 0 : 1;
    }

    /// <summary>One line per model, for <c>doctor</c>.</summary>
    public static string Line(FoundModel model) => $"{model.Summary}, {Size(model.Bytes)}"
        + (model.IsComplete ? "" : $"; MISSING: {string.Join("; ", model.Faults)}");

    private static bool IsPipeline(FoundModel model) => model.Kind is ModelKind.Flux or ModelKind.StableDiffusion3;

    private static bool Damaged(ModelFolder folder) => folder.Models.Any(m => !m.IsComplete);

    /// <summary>Memory of an iteration of BranchGRPO at each preset, with HPS where it is there, and of the text encoders before.</summary>
    private static void PrintNeeds(ModelFolder folder, FoundModel model, IReadOnlyList<string> rewards, DeviceMemory? memory)
    {
        var family = model.Kind == ModelKind.Flux ? ImageFamily.Flux : ImageFamily.Sd3;
        var pipeline = DiffusionPipeline.Open(model.Path);
        var bytes = rewards.Count == 0 ? 0 : RewardCatalogue.Parse(folder, rewards[0]).Sum(r => r.Bytes);
        var isTiny = model.Part("transformer")!.Parameters < ImageOptions.LargestTiny;
        foreach (var preset in ImagePreset.All.Where(p => p.Family == family && p.Card == Card.None == isTiny))
        {
            var recipe = preset.Of(ImageRecipes.Find(ImageChoice.BranchOf(family), preset.Policy.Tuning));
            var needed = MemoryModel.Of(preset, recipe, pipeline, bytes).Peak;
            Say($"{model.Kind.Title()}, {preset.Name}", $"{preset.Policy.Width} x {preset.Policy.Height}, {preset.Policy.Tuning}: "
                + $"{Size((long)needed)} predicted" + (memory is null ? "" : needed <= memory.Bytes ? ", fits" : ", does not fit"));
        }
        var encoders = model.Parts.Where(p => p.Name.StartsWith("text_encoder", StringComparison.Ordinal)).Sum(p => p.BytesAs(torch.ScalarType.BFloat16));
        Say("", $"embedding prompts before that: {Size(encoders)} of text encoders, which then leave");
    }

    private static void Print(FoundModel model)
    {
        Say(model.Kind.Title(), model.Path);
        Say("", model.Summary);
        foreach (var part in model.Parts) Say("  " + part.Name, $"{Count(part.Parameters)} parameters, {Size(part.Bytes)} as {part.Dtype}");
        foreach (var fault in model.Faults) Say("  MISSING", fault);
    }

    private static void Say(string what, string found) => Console.WriteLine($"{what,-28} {found}");

    private static string Count(long number) => number switch
    {
        >= 1_000_000_000 => Text(number / 1e9, "0.00") + " billion",
        >= 1_000_000 => Text(number / 1e6, "0.0") + " million",
        _ => number.ToString("N0", CultureInfo.InvariantCulture),
    };

    /// <summary>Bytes in GB or MB of 10⁹ and 10⁶ bytes, as file listings and model cards count.</summary>
    public static string Size(long bytes) => bytes >= 1_000_000_000 ? Text(bytes / 1e9, "0.0") + " GB" : Text(bytes / 1e6, "0.0") + " MB";

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
