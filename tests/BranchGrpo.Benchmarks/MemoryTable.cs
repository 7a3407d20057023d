using BranchGrpo.Kit;
using TorchSharp;

namespace BranchGrpo.Benchmarks;

/// <summary>Live tensors and resident memory over many iterations of one training.</summary>
internal static class MemoryTable
{
    public static void Print(BenchmarkSettings settings, int iterations)
    {
        var task = settings.Task();
        var recipe = ScalingTable.Of(steps: 5, splits: 3, prompts: 2);
        string[] prompts = [.. task.TrainingPrompts.Take(recipe.Prompts)];
        using var policy = task.CreatePolicy();
        using var training = new GrpoTraining(policy, recipe, seed: 1) { MicroBatch = settings.MicroBatch };
        BenchmarkSettings.Head($"Memory over {iterations} iterations of one training (T = 5, 8 leaves, 2 prompts)", "after iteration", "live tensors",
            "resident MiB");
        for (var i = 1; i <= iterations; i++)
        {
            training.Iterate(prompts, task.Reward);
            if (i is 1 or 10 || i % (iterations / 10) == 0) BenchmarkSettings.Row(i, DisposeScopeManager.Statistics.ThreadTotalLiveCount,
                Environment.WorkingSet >> 20);
        }
    }
}
