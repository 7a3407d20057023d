using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>A reward that prepares pictures for a network and runs it, a few at a time.</summary>
/// <param name="label">Name, source and scale.</param>
/// <param name="pipeline">What happens to a picture before the network sees it.</param>
/// <param name="format">Type and place of the network.</param>
internal abstract class NetworkReward(RewardLabel label, ImagePipeline pipeline, WeightFormat format) : ImageReward(label.Name, label.Source, label.Scale)
{
    private const int MicroBatch = 16;

    protected override double[] ScoreAll(IReadOnlyList<Picture> images, IReadOnlyList<string> prompts)
    {
        using var quiet = no_grad();
        var scores = new double[images.Count];
        for (var start = 0; start < scores.Length; start += MicroBatch)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(MicroBatch, scores.Length - start);
            var pixels = pipeline.Apply([.. images.Skip(start).Take(count)]).to(format.Device);    // [b, 3, H, W]
            var batch = Batch(pixels, [.. prompts.Skip(start).Take(count)]).to(float64).cpu();     // [b]
            batch.data<double>().CopyTo(scores.AsSpan(start, count));
        }
        return scores;
    }

    /// <param name="pixels">Shape [b, 3, H, W].</param>
    /// <param name="prompts">Length b.</param>
    /// <returns>Shape [b].</returns>
    protected abstract Tensor Batch(Tensor pixels, IReadOnlyList<string> prompts);

    /// <summary>Token ids of texts, one row each. Shape [b, L], int64.</summary>
    protected Tensor Rows(IEnumerable<long[]> ids)
    {
        var rows = ids.ToArray();
        return tensor(rows.SelectMany(r => r).ToArray(), [rows.Length, rows[0].Length], device: format.Device);
    }
}

/// <summary>What a reward says of itself.</summary>
internal sealed record RewardLabel(string Name, string Source, RewardScale Scale);
