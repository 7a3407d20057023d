using BranchGrpo.Kit;
using BranchGrpo.Kit.Models.Library;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Prompts;
using BranchGrpo.Kit.Models.Tasks;

namespace BranchGrpo.Cli.Images;

/// <summary>What a run of image models is about to use, said before it starts; what is missing is an error now and not in a worker.</summary>
internal static class ImageAnnouncement
{
    public static void Print(ImageChoice choice, string device, int? microBatch)
    {
        var (file, training, heldOut) = choice.ReadPrompts();
        var options = choice.Options(device, microBatch);
        Say("model", options.Pipeline);
        Say("preset", $"{options.Preset.Name}: {options.PolicyOptions.Width} x {options.PolicyOptions.Height} pixels, {options.PolicyOptions.Tuning}, "
            + $"{options.PolicyOptions.Dtype}, {options.Preset.MicroBatch} latents a call");
        Say("trained on", string.Join(", ", options.Rewards.Select(r => FormattableString.Invariant($"{r.Weight:0.####} {r.Name}")))
            + (options.Rewards.Count > 1 ? $", mixed as {options.Mixing.ToString().ToLowerInvariant()}" : ""));
        if (options.HeldOut.Count > 0) Say("reported besides", string.Join(", ", options.HeldOut.Select(r => r.Name)));
        Say("prompts", $"{options.TrainingPrompts.Count} of {training.Count} to train on; {heldOut.Count} held out, "
            + $"{options.EvaluationPrompts.Count} of them judged in training");
        PrintProblems(file);
        PrintNeeds(choice, options);
    }

    private static void PrintNeeds(ImageChoice choice, ImageTaskOptions options)
    {
        var recipe = choice.RecipeOf(ImageChoice.BranchOf(choice.Family), Geometry.Paper);
        var rewards = options.Rewards.Concat(options.HeldOut).Sum(r => r.Bytes);
        var needed = MemoryModel.Of(options.Preset, recipe, DiffusionPipeline.Open(options.Pipeline), rewards);
        var memory = DeviceMemory.Of(options.Device);
        Say("memory", $"{ModelsReport.Size((long)needed.Peak)} predicted for BranchGRPO" + (memory is null ? ""
            : needed.Peak <= memory.Bytes ? $", of {ModelsReport.Size(memory.Bytes)}"
            : $"; {memory.Name} has {ModelsReport.Size(memory.Bytes)}: a smaller --preset, or fewer --held-out rewards, would fit"));
    }

    /// <summary>Lines of a prompt file that gave no prompt.</summary>
    public static void PrintProblems(PromptFile file)
    {
        if (file.ProblemCount == 0 && file.Repeated == 0) return;
        Say("", file.ToString());
    }

    private static void Say(string what, string text) => Console.WriteLine($"{what,-18} {text}");
}
