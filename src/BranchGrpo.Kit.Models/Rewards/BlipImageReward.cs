using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>ImageReward's standardised score of a picture for its prompt.</summary>
/// <param name="label">Name, source and scale.</param>
/// <param name="network">Owned.</param>
/// <param name="pipeline">What happens to a picture before the network sees it.</param>
/// <param name="tokens">Ids of a prompt, all of one length, and 1 where they are no padding.</param>
/// <param name="format">Type and place of the network.</param>
internal sealed class BlipImageReward(
    RewardLabel label, BlipReward network, ImagePipeline pipeline, Func<string, (long[] Ids, long[] Attended)> tokens, WeightFormat format)
    : NetworkReward(label, pipeline, format)
{
    protected override Tensor Batch(Tensor pixels, IReadOnlyList<string> prompts)
    {
        using var scope = NewDisposeScope();
        var encoded = prompts.Select(tokens).ToArray();
        var (ids, attended) = (Rows(encoded.Select(e => e.Ids)), Rows(encoded.Select(e => e.Attended)));           // [b, L]
        return network.Forward(pixels, ids, attended).squeeze(-1).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing) => network.Dispose();
}
