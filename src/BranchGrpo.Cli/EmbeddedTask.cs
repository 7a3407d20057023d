using BranchGrpo.Kit;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes;
using TorchSharp;

namespace BranchGrpo.Cli;

/// <summary>The embedded task on a device, and pictures of what its policies draw.</summary>
internal static class EmbeddedTask
{
    private const int Columns = 8, Steps = 10;
    private const ulong PictureSeed = 7;

    /// <summary>The task. Fails where the device or the weights are not there.</summary>
    public static ExperimentTask Create(string device, bool trainsAll = false) => ShapesTask.Create(device: Find(device), frozen: trainsAll ? [] : null);

    /// <summary>Fails now where <see cref="Create"/> would fail later in every worker.</summary>
    public static void Check(string device) => Create(device);

    /// <summary>A policy of the task's size that needs no weights, for what depends on sizes alone. The caller owns it.</summary>
    public static FlowPolicy Untrained()
    {
        LibTorch.Load();
        return new ShapesPolicy(ShapesSize.Cpu);
    }

    /// <summary>The device of a name.</summary>
    public static torch.Device Find(string name)
    {
        LibTorch.Load();
        return name switch
        {
            "cpu" => torch.CPU,
            "cuda" when torch.cuda.is_available() => torch.CUDA,
            "cuda" => throw new Failure("there is no CUDA device here; 'doctor' says what was found, --device cpu always works"),
            _ => throw new Failure($"no device '{name}'; there are cpu and cuda"),
        };
    }

    /// <summary>Draws one picture of each of 24 test captions, always with the same noise.</summary>
    public static void SaveGrid(FlowPolicy policy, string path) => SaveGrid(policy, path, ShapesPrompts.Test, PictureSeed);

    /// <summary>Draws one picture per prompt along the ODE.</summary>
    public static void SaveGrid(FlowPolicy policy, string path, IReadOnlyList<string> prompts, ulong seed)
    {
        using var scope = torch.NewDisposeScope();
        var pictures = ShapesSize.Cpu.ToPictures(ShapesSampler.Sample(policy, prompts, Steps, seed)).cpu();      // [B, 3, 32, 32]
        PictureGrid.Save(path, pictures, Columns, prompts);
    }
}
