using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>Cosine between a picture and its prompt in the space of a two-tower network: HPSv2, PickScore, CLIPScore.</summary>
/// <param name="label">Name, source and scale.</param>
/// <param name="network">Owned.</param>
/// <param name="pipeline">What happens to a picture before the network sees it.</param>
/// <param name="tokens">Ids of a prompt, all of one length.</param>
/// <param name="format">Type and place of the network.</param>
internal sealed class ContrastiveReward(RewardLabel label, TwoTowers network, ImagePipeline pipeline, Func<string, long[]> tokens, WeightFormat format)
    : NetworkReward(label, pipeline, format)
{
    protected override Tensor Batch(Tensor pixels, IReadOnlyList<string> prompts)
    {
        using var scope = NewDisposeScope();
        string[] distinct = [.. prompts.Distinct()];                                               // leaves of a tree share their prompt
        var texts = Embeddings.Normalise(network.EncodeTexts(Rows(distinct.Select(tokens))));      // [t, D]
        var row = tensor(prompts.Select(p => (long)Array.IndexOf(distinct, p)).ToArray(), device: pixels.device);
        return Embeddings.Cosine(Embeddings.Normalise(network.EncodeImages(pixels)), texts.index_select(0, row)).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing) => network.Dispose();
}
