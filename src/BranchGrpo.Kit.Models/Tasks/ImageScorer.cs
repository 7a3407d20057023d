using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Rewards;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tasks;

/// <summary>Decodes latents and scores the pictures, which are 8-bit images as a user would see them.</summary>
internal sealed class ImageScorer : IDisposable
{
    private readonly ImageDecoder decoder;
    private readonly Func<Tensor, Tensor> toGrid;
    private readonly WeightedReward trained;
    private readonly ImageReward[] heldOut;

    /// <param name="decoder">Owned from now on.</param>
    /// <param name="toGrid">From a policy's latents to the autoencoder's.</param>
    /// <param name="options">Which rewards.</param>
    public ImageScorer(ImageDecoder decoder, Func<Tensor, Tensor> toGrid, ImageTaskOptions options)
    {
        (this.decoder, this.toGrid) = (decoder, toGrid);
        trained = new WeightedReward([.. options.Rewards.Select(r => new RewardPart(r.Load(options.Device), r.Weight))], options.Mixing);
        heldOut = [.. options.HeldOut.Select(r => r.Load(options.Device))];
    }

    /// <summary>What the rewards say of themselves: what was loaded from where, and the meaning of the numbers.</summary>
    public IEnumerable<ImageReward> Rewards => trained.Parts.Select(p => p.Reward).Concat(heldOut);

    /// <summary>The pictures of latents.</summary>
    public Picture[] Pictures(Tensor latents)
    {
        using var grid = toGrid(latents);                                                            // [B, channels, rows, columns]
        return decoder.Pictures(grid);
    }

    /// <summary>What training maximises.</summary>
    public double[] Reward(Tensor latents, IReadOnlyList<string> prompts) => trained.Score(Pictures(latents), prompts);

    /// <summary>Every score of pictures by its name, see <see cref="ImageEvaluation"/>.</summary>
    public IEnumerable<(string Name, double[] Score)> All(IReadOnlyList<Picture> pictures, IReadOnlyList<string> prompts)
    {
        var own = trained.ScoreEach(pictures, prompts);
        double[][] others = [.. heldOut.Select(r => r.Score(pictures, prompts))];
        yield return ("reward", trained.Mix(own, prompts));
        if (others.Length > 0) yield return ("heldout", others[0]);
        foreach (var (model, raw) in Rewards.Zip(own.Concat(others)))
        {
            yield return (model.Name, raw);
            yield return (model.Name + "-published", Array.ConvertAll(raw, model.Published));
        }
    }

    /// <summary>Frees decoder and rewards.</summary>
    public void Dispose()
    {
        decoder.Dispose();
        trained.Dispose();
        foreach (var reward in heldOut) reward.Dispose();
    }
}
