using BranchGrpo.Kit;
using BranchGrpo.Kit.Models.Tasks;
using TorchSharp;

namespace BranchGrpo.Benchmarks;

/// <summary>Live tensors and resident memory over many iterations of one training, and the height of an iteration beside its prediction.</summary>
internal static class MemoryTable
{
    public static void Print(BenchmarkSettings settings, int iterations)
    {
        PrintDrift(settings, iterations);
        if (OperatingSystem.IsLinux() && settings.Device == "cpu") PrintPeaks(settings);
        else Console.WriteLine("\nThe height of an iteration is measured on Linux and on the CPU only.");
    }

    private static void PrintDrift(BenchmarkSettings settings, int iterations)
    {
        var task = settings.Task();
        var recipe = ScalingTable.Of(steps: 5, splits: 3, prompts: 2);
        string[] prompts = [.. task.TrainingPrompts.Take(recipe.Prompts)];
        using var policy = task.CreatePolicy();
        using var training = new GrpoTraining(policy, recipe, seed: 1) { MicroBatch = settings.MicroBatch, ForwardMemory = BenchmarkSettings.Kept };
        BenchmarkSettings.Head($"Memory over {iterations} iterations of one training (T = 5, 8 leaves, 2 prompts)", "after iteration", "live tensors",
            "resident MiB");
        (long Tensors, long Bytes) early = default, last = default;
        var tenth = Math.Max(1, iterations / 10);
        for (var i = 1; i <= iterations; i++)
        {
            training.Iterate(prompts, task.Reward);
            if (i is not (1 or 10) && i % tenth != 0 && i != iterations) continue;
            last = (DisposeScopeManager.Statistics.ThreadTotalLiveCount, Environment.WorkingSet);
            if (i <= tenth) early = last;
            BenchmarkSettings.Row(i, last.Tensors, last.Bytes >> 20);
        }
        Console.WriteLine($"\nDrift from iteration {tenth} to {iterations}: {last.Tensors - early.Tensors:+0;-0;0} live tensors, "
            + $"{(double)last.Bytes / early.Bytes - 1:+0.0 %;-0.0 %;0.0 %} resident memory.");
    }

    private static void PrintPeaks(BenchmarkSettings settings)
    {
        ResidentMemory.Separate();
        var task = settings.Task();
        BenchmarkSettings.Head("Height of an iteration, T = 20 (BranchGRPO-Split T = 5): policy, optimiser, tree and activations, without the rewards; "
            + "measured as the rise of the resident memory, blocks above 64 KiB mapped apart",
            "recipe", "rollout's forward passes", "predicted MB", "measured MB", "predicted / measured");
        var cases = from name in new[] { "DanceGRPO", "BranchGRPO", "BranchGRPO-Split" }
                    from memory in new[] { 0, BenchmarkSettings.Kept }
                    select (Recipes.Find(name, Geometry.Paper), memory);
        foreach (var (recipe, memory) in cases)
        {
            var heights = Enumerable.Range(0, settings.Repetitions + 1).Select(_ => Height(task, recipe, settings, memory)).Skip(1).Order().ToArray();
            var (predicted, measured) = (Predicted(task, recipe, settings, memory) / 1e6, heights[heights.Length / 2] / 1e6);
            BenchmarkSettings.Row(recipe.Name, memory > 0 ? "kept" : "not kept", $"{predicted:0.0}", $"{measured:0.0}", $"{predicted / measured:0.00}");
        }
    }

    private static double Predicted(ExperimentTask task, Recipe recipe, BenchmarkSettings settings, long memory)
    {
        using var policy = task.CreatePolicy();
        return IterationMemory.Of(policy, recipe, settings.MicroBatch, memory).Peak;
    }

    private static long Height(ExperimentTask task, Recipe recipe, BenchmarkSettings settings, long memory) => ResidentMemory.Rise(() =>
    {
        using var policy = task.CreatePolicy();
        using var training = new GrpoTraining(policy, recipe, seed: 1) { MicroBatch = settings.MicroBatch, ForwardMemory = memory };
        training.Iterate([.. task.TrainingPrompts.Take(recipe.Prompts)], task.Reward);
    });
}
