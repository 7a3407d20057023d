using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Lora;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>What a run changed: adapters in a folder, or all weights in a file.</summary>
internal static class TrainedWeights
{
    /// <summary>Makes a transformer ready to be trained, or brings it to where training left it.</summary>
    /// <param name="transformer">With its published weights.</param>
    /// <param name="options">What is trained.</param>
    /// <param name="path">What <see cref="ImagePolicy.Save"/> wrote, or published adapters; null starts anew.</param>
    /// <returns>The adapters, or null where all weights are trained.</returns>
    /// <exception cref="FileNotFoundException">There is nothing of that name.</exception>
    public static LoraAdapters? Attach(nn.Module transformer, PolicyOptions options, string? path)
    {
        if (path is not null && Directory.Exists(ImagePolicy.FolderOf(path))) return LoraAdapters.Load(transformer, ImagePolicy.FolderOf(path));
        if (path is not null)
        {
            if (!File.Exists(path)) throw new FileNotFoundException($"{path}: expected a folder with adapters or a file with all weights.", path);
            using var weights = Checkpoint.Open(path);
            Checkpoint.LoadInto(transformer, weights);
        }
        if (options.Tuning is not FineTuning.Adapters { Options: var lora }) return null;
        using var generator = new Generator(options.Seed);
        return LoraAdapters.Attach(transformer, lora, generator);
    }
}
