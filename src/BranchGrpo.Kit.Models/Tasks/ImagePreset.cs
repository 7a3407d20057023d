using BranchGrpo.Kit.Models.Policies;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tasks;

/// <summary>Settings of an image model that fit a card: what is trained, at which size, how much at once. What they need and how long an iteration takes
/// is predicted by <see cref="MemoryModel"/>, not stated here.</summary>
public sealed record ImagePreset
{
    /// <summary>Short name: gpu24, gpu80, gpu141 or tiny.</summary>
    public required string Name { get; init; }

    /// <summary>The model it is for.</summary>
    public required ImageFamily Family { get; init; }

    /// <summary>How the policy computes and what of it is trained, on any device.</summary>
    public required PolicyOptions Policy { get; init; }

    /// <summary>Latents per policy call. One fills a GPU with these models, and makes rollout and training the same computation, see
    /// <see cref="ImagePolicy.RatioTolerance"/>.</summary>
    public int MicroBatch { get; init; } = 1;

    /// <summary>Prompts of one iteration; the recipe's if null.</summary>
    public int? Prompts { get; init; }

    /// <summary>Iterations of a run.</summary>
    public int Iterations { get; init; } = 300;

    /// <summary>An evaluation after every so many iterations.</summary>
    public int EvaluateEvery { get; init; } = 50;

    /// <summary>Most held-out prompts of an evaluation in training; the protocol's 400 are for the end.</summary>
    public int EvaluationPrompts { get; init; } = 32;

    /// <summary>Decode pictures in tiles.</summary>
    public bool TiledDecoding { get; init; }

    /// <summary>The card it is meant for.</summary>
    public required Card Card { get; init; }

    /// <summary>A recipe with this preset's number of prompts.</summary>
    public Recipe Of(Recipe recipe) => Prompts is { } prompts ? recipe with { Prompts = prompts } : recipe;

    /// <summary>All presets.</summary>
    public static IReadOnlyList<ImagePreset> All { get; } =
    [
        // The activations of one latent fit everywhere, so that no block is computed twice.
        new() { Name = "gpu80", Family = ImageFamily.Flux, Card = Card.H100, Policy = new() { Checkpointing = false } },
        new() { Name = "gpu141", Family = ImageFamily.Flux, Card = Card.H200, Policy = new() { Width = 1024, Height = 1024, Checkpointing = false } },
        Tiny(ImageFamily.Flux),
        new()
        {
            Name = "gpu24", Family = ImageFamily.Sd3, Card = Card.Rtx4090,
            Policy = new() { Width = 512, Height = 512, Tuning = FineTuning.Adapters.OfAttention(32), Checkpointing = false },
        },
        new()
        {
            Name = "gpu80", Family = ImageFamily.Sd3, Card = Card.H100,
            Policy = new() { Width = 512, Height = 512, Tuning = new FineTuning.Full(), Checkpointing = false },
        },
        new()
        {
            Name = "gpu141", Family = ImageFamily.Sd3, Card = Card.H200,
            Policy = new() { Width = 1024, Height = 1024, Tuning = new FineTuning.Full(), Checkpointing = false },
        },
        Tiny(ImageFamily.Sd3),
    ];

    /// <summary>The preset of a name for a model.</summary>
    /// <exception cref="ArgumentException">There is none; the message says which there are, and why FLUX has none of 24 GB.</exception>
    public static ImagePreset Find(string name, ImageFamily family) =>
        All.FirstOrDefault(p => p.Family == family && p.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException(
            $"There is no preset \"{name}\" for {family}. Presets: {string.Join(", ", All.Where(p => p.Family == family).Select(p => p.Name))}."
            + (family == ImageFamily.Flux ? " FLUX.1-dev's weights alone take 23.8 GB." : ""), nameof(name));

    /// <summary>The largest preset of a model that fits a memory; null if none does.</summary>
    /// <param name="family">FLUX or SD3.</param>
    /// <param name="bytes">Of the device.</param>
    public static ImagePreset? Fitting(ImageFamily family, long bytes) => All
        .Where(p => p.Family == family && p.Card.Bytes > 0 && p.Card.Bytes <= bytes * 1.06).MaxBy(p => p.Card.Bytes);

    // float32, so that the tiny models can be checked against themselves on a CPU.
    private static ImagePreset Tiny(ImageFamily family) => new()
    {
        Name = "tiny", Family = family, Card = Card.None, MicroBatch = 8, Iterations = 2, EvaluateEvery = 1, EvaluationPrompts = 4, Prompts = 1,
        Policy = new()
        {
            Width = 32, Height = 32, Tuning = FineTuning.Adapters.OfAttention(4), Dtype = ScalarType.Float32, Checkpointing = false, TextTokens = 16,
        },
    };
}
