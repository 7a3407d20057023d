namespace BranchGrpo.Kit.Notebooks;

/// <summary>How much a notebook computes. The code of a notebook is the same at every preset.</summary>
/// <param name="Name">As in <c>BRANCHGRPO_PRESET</c>.</param>
/// <param name="Seconds">Training seconds of each run; null = by iterations alone.</param>
/// <param name="Iterations">Largest number of iterations of each run.</param>
/// <param name="Seeds">Seeds 1 … n of each method where a notebook compares over seeds.</param>
/// <param name="EvaluateEvery">Iterations of DanceGRPO between evaluations; cheaper methods are judged as often per second.</param>
/// <param name="Samples">Scale of what is counted rather than trained: trees, draws, repetitions.</param>
/// <param name="Device">Where policies are.</param>
public sealed record LabPreset(string Name, double? Seconds, int Iterations, int Seeds, int EvaluateEvery, int Samples, string Device = "cpu")
{
    /// <summary>Environment variable that chooses the preset.</summary>
    public const string Variable = "BRANCHGRPO_PRESET";

    /// <summary>All presets, smallest first.</summary>
    public static IReadOnlyList<LabPreset> All { get; } =
    [
        new("dry", null, 2, 1, 2, 2),
        new("quick", 24, 100_000, 3, 5, 16),
        new("standard", 120, 100_000, 4, 15, 64),
        new("gpu", 240, 100_000, 4, 30, 64, "cuda"),
    ];

    /// <summary>The preset of a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists the names.</exception>
    public static LabPreset Find(string name) => All.FirstOrDefault(p => p.Name == name)
        ?? throw new ArgumentException($"There is no preset \"{name}\"; {Variable} may be {string.Join(", ", All.Select(p => p.Name))}.", nameof(name));

    /// <summary>True at presets that train long enough for learning to be seen.</summary>
    public bool Trains => Seconds is not null;

    /// <summary>What a training second is at this preset.</summary>
    public TrainingClock Clock => Device == "cpu" ? TrainingClock.Processor : TrainingClock.Wall;
}
