using BranchGrpo.Kit.Models.Tasks;

namespace BranchGrpo.Cli.Compare;

/// <summary>How long a comparison is.</summary>
/// <param name="Name">As typed.</param>
/// <param name="Seconds">Training seconds of each run; null = by iterations alone.</param>
/// <param name="Iterations">Largest number of iterations of each run.</param>
/// <param name="Seeds">Seeds 1..n.</param>
/// <param name="EvaluateEvery">Iterations of DanceGRPO between evaluations; cheaper methods are judged as often per second.</param>
/// <param name="Device">Where the policy is.</param>
/// <param name="AblationSeconds">Training seconds of each run of an ablation other than the main table.</param>
/// <param name="AblationSeeds">Its seeds.</param>
internal sealed record Preset(
    string Name, double? Seconds, int Iterations, int Seeds, int EvaluateEvery, string Device = "cpu", double? AblationSeconds = null, int AblationSeeds = 1)
{
    public static readonly IReadOnlyList<Preset> All =
    [
        new("dry", null, 2, 1, 2),
        new("quick", 45, 100_000, 1, 6, AblationSeconds: 30),
        new("standard", 45, 100_000, 8, 6, AblationSeconds: 30, AblationSeeds: 4),
        new("gpu", 300, 100_000, 8, 30, "cuda", 150, 4),
    ];

    /// <summary>The budget of an image preset: the paper's iterations, one seed.</summary>
    public static Preset Of(ImagePreset sizes) => new(sizes.Name, null, sizes.Iterations, 1, sizes.EvaluateEvery, sizes.Card == Card.None ? "cpu" : "cuda");

    public static Preset Find(string name) => All.FirstOrDefault(p => p.Name == name)
        ?? throw new Failure($"no preset '{name}'; there are {string.Join(", ", All.Select(p => p.Name))}");
}
