using System.Runtime.CompilerServices;
using BranchGrpo.Kit.Native;
using TorchSharp;

namespace BranchGrpo.Kit.Shapes.Tests;

/// <summary>The weights in the repository's data folder, loaded once.</summary>
internal static class Shipped
{
    private static readonly Lazy<ExperimentTask> task = new(() => ShapesTask.Create(Folder));
    private static readonly Lazy<EvaluationScores> scores = new(() =>
    {
        using var policy = Task.CreatePolicy();
        return Task.Evaluate(policy);
    });

    public static string Folder { get; } = Path.Combine(Repository(), "data", "shapes");

    public static ExperimentTask Task => task.Value;

    public static EvaluationScores BaseScores => scores.Value;

    public static ShapesPolicy Policy() => ShapesPolicy.Load(Path.Combine(Folder, ShapesSize.Cpu.PolicyFile), ShapesSize.Cpu);

    public static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "BranchGrpo.Kit.sln"))) folder = folder.Parent;
        return folder.FullName;
    }

    [ModuleInitializer]
    internal static void OneThread()
    {
        LibTorch.Load();
        torch.set_num_threads(1);
    }
}
