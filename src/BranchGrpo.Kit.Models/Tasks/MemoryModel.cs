using System.Collections.Immutable;
using BranchGrpo.Kit.Models.Policies;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tasks;

/// <summary>Predicts memory and time of an iteration from the sizes of the networks, before anything is loaded.</summary>
/// <remarks>Parameters and matrix products are counted exactly; what passes leave behind follows from the structure of a block; the share of the peak
/// rate is assumed. Text encoders are not part of it: they leave the memory before training begins.</remarks>
public static class MemoryModel
{
    /// <summary>Share of the card's peak rate that is assumed to be reached.</summary>
    public const double AssumedUtilisation = 0.4;

    /// <summary>Bytes that the device's runtime takes for itself.</summary>
    public const double Runtime = 0.8e9;

    /// <summary>Share of all allocations that is lost between them.</summary>
    public const double Fragmentation = 0.05;

    // Per trained value: gradient, and the two moments of Adam.
    private const int TrainedBytes = 12;

    /// <summary>The prediction for a preset.</summary>
    /// <param name="preset">Sizes, what is trained, how much at once.</param>
    /// <param name="recipe">As <see cref="ImagePreset.Of"/> gives it.</param>
    /// <param name="pipeline">The models; the published sizes of the preset's family if null.</param>
    /// <param name="rewardBytes">Weights of the rewards on the device; HPSv2.1 in float32 if null.</param>
    public static ResourcePrediction Of(ImagePreset preset, Recipe recipe, DiffusionPipeline? pipeline = null, double? rewardBytes = null)
    {
        var options = preset.Policy;
        var work = pipeline?.Work(options) ?? PublishedSizes.Work(preset.Family, options);
        var decoder = new DecoderWork(pipeline?.AutoencoderConfig ?? PublishedSizes.Autoencoder, options.Width, options.Height);
        var (cost, element) = (CostModel.Of(recipe), options.Dtype is ScalarType.Float32 ? 4 : 2);
        var full = options.Tuning is FineTuning.Full;
        var trained = full ? work.Parameters : work.AdapterParameters(((FineTuning.Adapters)options.Tuning).Options);
        var network = (double)work.Parameters * (full ? 4 : element) + (double)work.Buffers * element;
        return new ResourcePrediction
        {
            Resident =
            [
                new("transformer", network),
                .. full ? (MemoryPart[])[] : [new("adapters", 4.0 * trained)],
                new("gradients and Adam", (double)TrainedBytes * trained),
                .. recipe.EmaDecay is null ? (MemoryPart[])[] : [new("weight average", 4.0 * trained)],
                .. full && recipe.Objective.KlCoefficient > 0 ? (MemoryPart[])[new("reference of the KL term", network)] : [],
                new("latents of the tree", 4.0 * cost.PeakLatents * decoder.LatentValues),
                new("autoencoder", (double)element * decoder.Parameters),
                new("rewards", rewardBytes ?? 4.0 * HpsParameters),
                new("runtime", Runtime),
            ],
            Sampling = preset.MicroBatch * work.TransientBytes(element),
            Scoring = decoder.PeakBytes(element, preset.TiledDecoding),
            Training = preset.MicroBatch * (work.KeptBytes(options.Tuning, options.Checkpointing, element) + work.TransientBytes(element)),
            SamplingOperations = Mean(recipe, preset, c => c.RolloutEvaluations) * work.Forward,
            ScoringOperations = cost.Leaves * decoder.Forward,
            TrainingOperations = Mean(recipe, preset, c => c.TrainedEvaluations) * work.Trained(options.Tuning, options.Checkpointing),
            Card = preset.Card,
            PaperSeconds = recipe.Published?.SecondsPerIteration,
        };
    }

    private const long HpsParameters = 986_109_441;

    // Windows slide, so that iterations differ; every tenth is looked at.
    private static double Mean(Recipe recipe, ImagePreset preset, Func<Cost, long> count) =>
        Enumerable.Range(0, Math.Max(1, preset.Iterations / 10)).Average(i => (double)count(CostModel.Of(recipe, 1 + 10 * i)));
}
