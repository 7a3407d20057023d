using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>LAION's aesthetic score of a picture; the prompt does not matter.</summary>
/// <param name="label">Name, source and scale.</param>
/// <param name="network">CLIP-L; owned.</param>
/// <param name="head">Owned.</param>
/// <param name="pipeline">What happens to a picture before the network sees it.</param>
/// <param name="format">Type and place of the network.</param>
internal sealed class AestheticReward(RewardLabel label, ClipModel network, LinearHead head, ImagePipeline pipeline, WeightFormat format)
    : NetworkReward(label, pipeline, format)
{
    protected override Tensor Batch(Tensor pixels, IReadOnlyList<string> prompts) => AestheticHead.Score(head, network.EncodeImages(pixels));

    protected override void Dispose(bool disposing)
    {
        network.Dispose();
        head.Dispose();
    }
}
