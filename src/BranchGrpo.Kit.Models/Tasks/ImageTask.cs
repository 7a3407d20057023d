using System.Security.Cryptography;
using System.Text;
using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Models.Policies;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tasks;

/// <summary>An image model, prompts and rewards as a task that experiments train: the same runner, recipes and records as the embedded task.</summary>
public sealed class ImageTask : IDisposable
{
    private readonly ImageTaskOptions options;
    private readonly DiffusionPipeline pipeline;
    private readonly PromptCache cache;
    private readonly ImageScorer scorer;

    private ImageTask(ImageTaskOptions options, DiffusionPipeline pipeline, PromptCache cache)
    {
        (this.options, this.pipeline, this.cache) = (options, pipeline, cache);
        var policy = options.PolicyOptions;
        // The decoder computes in the network's type: in bfloat16 its error is below one level of 8 bits.
        var decoder = pipeline.LoadDecoder(policy.Dtype, policy.Device, options.Preset.TiledDecoding);
        scorer = new ImageScorer(decoder, latents => pipeline.ToGrid(latents, policy), options);
        string[] held = [.. options.EvaluationPrompts.Take(options.Preset.EvaluationPrompts)];
        var evaluation = new ImageEvaluation(held, scorer, EvaluationSchedule, options.Preset.MicroBatch);
        Task = new ExperimentTask
        {
            Name = NameOf(options, pipeline),
            CreatePolicy = () => LoadPolicy(),
            TrainingPrompts = options.TrainingPrompts,
            Reward = scorer.Reward,
            Evaluate = evaluation.Evaluate,
        };
    }

    /// <summary>Noise levels of evaluations and pictures: 20 steps of the training schedule.</summary>
    public static NoiseSchedule EvaluationSchedule { get; } = NoiseSchedule.Shifted(20, ImageRecipes.Shift);

    /// <summary>The task as experiments see it. Its rewards and decoder live as long as this object; each policy it creates belongs to the caller.</summary>
    public ExperimentTask Task { get; }

    /// <summary>Embeds the prompts that are not embedded yet, frees the text encoders, and loads autoencoder and rewards.</summary>
    /// <exception cref="ArgumentException">No reward, no held-out prompt, or one that is trained on; a preset of another model.</exception>
    /// <exception cref="OperationCanceledException">Stopped while prompts were embedded.</exception>
    public static ImageTask Create(ImageTaskOptions options)
    {
        if (options.Rewards.Count == 0) throw new ArgumentException("A task needs at least one reward.", nameof(options));
        if (options.EvaluationPrompts.Count == 0) throw new ArgumentException("A task needs held-out prompts.", nameof(options));
        if (options.TrainingPrompts.Intersect(options.EvaluationPrompts).FirstOrDefault() is { } both)
            throw new ArgumentException($"\"{both}\" is among the training prompts and the held-out prompts.", nameof(options));
        var pipeline = DiffusionPipeline.Open(options.Pipeline);
        if (pipeline.Family != options.Preset.Family)
            throw new ArgumentException($"{options.Pipeline} holds {pipeline.Family}, the preset {options.Preset.Name} is for {options.Preset.Family}.");
        var policy = options.PolicyOptions;
        var cache = pipeline.Cache(options.CacheFolder, policy);
        cache.Fill(pipeline.ImpliedPrompts.Concat(options.EvaluationPrompts).Concat(options.TrainingPrompts), () => pipeline.LoadEncoder(policy),
            options.Progress, options.Stop);
        options.Stop.ThrowIfCancellationRequested();
        return new ImageTask(options, pipeline, cache);
    }

    /// <summary>The base policy, or one that a run has trained.</summary>
    /// <param name="trained">What <see cref="ImagePolicy.Save"/> wrote, or published adapters; null for the base.</param>
    public ImagePolicy LoadPolicy(string? trained = null) => pipeline.LoadPolicy(options.PolicyOptions, cache, trained);

    /// <summary>Draws one picture per prompt along the ODE. Prompts must be embedded.</summary>
    /// <param name="policy">Of this task.</param>
    /// <param name="prompts">Among those of the task, or embedded otherwise.</param>
    /// <param name="seed">Seed of the noise.</param>
    public IReadOnlyList<Picture> Draw(FlowPolicy policy, IReadOnlyList<string> prompts, ulong seed)
    {
        using var scope = NewDisposeScope();
        var size = options.Preset.MicroBatch;
        return [.. prompts.Chunk(size).Index().SelectMany(part =>
        {
            using var latents = ImageSampler.Sample(policy, part.Item, EvaluationSchedule, seed, size, first: part.Index * size);
            return scorer.Pictures(latents);
        })];
    }

    /// <summary>Scores a policy on prompts, such as the 400 of the published protocol.</summary>
    public EvaluationScores Score(FlowPolicy policy, IReadOnlyList<string> prompts) =>
        new ImageEvaluation(prompts, scorer, EvaluationSchedule, options.Preset.MicroBatch).Evaluate(policy);

    /// <summary>Draws one picture per prompt, as evaluations do, and scores each.</summary>
    /// <param name="policy">Of this task.</param>
    /// <param name="prompts">Embedded before.</param>
    /// <param name="first">Number of the first one: what decides its noise, so that parts of a list give what the whole gives.</param>
    /// <returns>The pictures, and every score by its name, one value per prompt.</returns>
    public (IReadOnlyList<Picture> Pictures, IReadOnlyList<(string Name, double[] Score)> Scores) Judge(
        FlowPolicy policy, IReadOnlyList<string> prompts, int first)
    {
        using var latents = ImageSampler.Sample(policy, prompts, EvaluationSchedule, ImageEvaluation.Seed, options.Preset.MicroBatch, first);
        var pictures = scorer.Pictures(latents);
        return (pictures, [.. scorer.All(pictures, prompts)]);
    }

    /// <summary>The pictures of latents.</summary>
    /// <param name="latents">Of this task's policies. Shape [B, …latent]; borrowed.</param>
    public IReadOnlyList<Picture> Pictures(Tensor latents) => scorer.Pictures(latents);

    /// <summary>Frees autoencoder and rewards.</summary>
    public void Dispose() => scorer.Dispose();

    // What decides a run's numbers besides the recipe: a record is never continued by another run.
    private static string NameOf(ImageTaskOptions options, DiffusionPipeline pipeline)
    {
        var policy = options.PolicyOptions;
        var rewards = string.Join(" + ", options.Rewards.Select(r => FormattableString.Invariant($"{r.Weight:0.####} {r.Name}")));
        var settings = SettingsText.Of((policy.Tuning, policy.Guidance, policy.TextTokens, policy.Dtype, options.Preset.EvaluationPrompts, options.Mixing));
        var models = options.Rewards.Concat(options.HeldOut).Select(r => $"{r.Name} {r.Identity}");
        string[] rest = [pipeline.Fingerprint, settings, .. models, .. options.EvaluationPrompts, "", .. options.TrainingPrompts];
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', rest))))[..8];
        return $"{pipeline.Family.ToString().ToLowerInvariant()} {policy.Width}x{policy.Height}, {policy.Tuning}, {rewards}, {hash}";
    }
}
