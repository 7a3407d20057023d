using System.Runtime.InteropServices;
using BranchGrpo.Kit.Models.Library;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Notebooks.Session;
using BranchGrpo.Kit.Shapes;
using TorchSharp;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>What every notebook starts from: the preset, the task, and training runs that are kept and go on where they were.</summary>
public static partial class Lab
{
    private static readonly Lazy<LabPreset> preset = new(() =>
        LabPreset.Find(Environment.GetEnvironmentVariable(LabPreset.Variable) is { Length: > 0 } name ? name : "quick"));
    private static readonly Lazy<Study> results = new(() => Study.Read(Path.Combine(ShapesData.Locate(), "..", "results")));
    private static readonly Lazy<ExperimentTask> task = new(() => LabTask.Create(Device));
    private static readonly Lazy<TrainingMemory> memory = new(() => TrainingMemory.Of(BasePolicy.ActivationBytes, DeviceMemory.Available(Device)));

    /// <summary>How much to compute, from <c>BRANCHGRPO_PRESET</c>; quick where it is not set.</summary>
    public static LabPreset Preset => preset.Value;

    /// <summary>The embedded task, made once.</summary>
    public static ExperimentTask Task => task.Value;

    /// <summary>The committed runs of <c>branchgrpo ablate all --preset standard --results data/results</c>.</summary>
    public static Study Results => results.Value;

    /// <summary>Where policies of this preset are.</summary>
    /// <exception cref="InvalidOperationException">The preset wants a GPU and there is none.</exception>
    public static torch.Device Device => Preset.Device == "cpu" ? torch.CPU
        : torch.cuda.is_available() ? torch.CUDA
        : throw new InvalidOperationException($"Preset {Preset.Name} wants a CUDA device and there is none here; "
            + $"set {LabPreset.Variable} to quick or standard.");

    /// <summary>Loads libtorch and says what the notebook runs on; the first line of every notebook.</summary>
    /// <returns>One line to show; it brings plotly.js along where figures could not load it from the network.</returns>
    public static LabStart Start()
    {
        LibTorch.Load();
        KernelFormatters.Register();
        if (Preset.Device == "cpu") torch.set_num_threads(1);                  // comparable seconds; more threads gain little at this size
        var processor = Preset.Device == "cpu" ? "one CPU thread" : Device.ToString();
        return new($"BranchGrpo.Kit {typeof(FlowPolicy).Assembly.GetName().Version!.ToString(3)} · preset {Preset.Name} · {processor} · "
            + $".NET {Environment.Version} · {RuntimeInformation.OSDescription}");
    }

    /// <summary>Trains a recipe for the preset's budget, or returns the run if it was made before.</summary>
    /// <param name="recipe">The method, or a change of one: <c>recipe with { Name = "…", … }</c>.</param>
    /// <param name="seed">Seed of prompts and noise.</param>
    /// <returns>The record of the complete run.</returns>
    /// <exception cref="OperationCanceledException">The cell was interrupted; executed again, the run goes on.</exception>
    public static RunRecord Train(Recipe recipe, ulong seed = 1) => LabRuns.Train(Task, recipe, seed, CellInterrupt.Token, memory.Value);

    /// <summary>Trains several recipes on the same prompts for the same budget.</summary>
    /// <param name="recipes">The baseline first; their names tell them apart.</param>
    /// <param name="seeds">Seeds 1 … n of each.</param>
    public static Comparison Compare(IReadOnlyList<Recipe> recipes, int seeds = 1) => new(
        [.. recipes.Select(r => new MethodRuns(r.Name, [.. Enumerable.Range(1, seeds).Select(s => ((ulong)s, Train(r, (ulong)s)))]))],
        Preset.Seconds);

    /// <summary>A policy after a run of <see cref="Train"/>; the caller disposes it.</summary>
    public static FlowPolicy Trained(Recipe recipe, ulong seed = 1) => LabRuns.Trained(Task, recipe, seed, memory.Value);
}
