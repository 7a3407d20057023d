using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>A policy with its adapters switched off: the base that training started from, in no memory of its own.</summary>
/// <param name="owner">Borrowed; must outlive this.</param>
internal sealed class AdaptersOff(ImagePolicy owner) : FlowPolicy
{
    public override nn.Module Network => owner.Network;

    public override IReadOnlyList<long> LatentShape => owner.LatentShape;

    public override ScalarType Dtype => owner.Dtype;

    public override Device Device => owner.Device;

    public override double RatioTolerance => owner.RatioTolerance;

    public override Conditioning Encode(IReadOnlyList<string> prompts) => owner.Encode(prompts);

    public override Tensor Velocity(Tensor latents, double sigma, Conditioning conditioning) =>
        owner.WithoutAdapters(() => owner.Velocity(latents, sigma, conditioning));

    public override FlowPolicy Clone() => new AdaptersOff(owner);

    public override IEnumerable<string> TrainedNames() => [];

    // The network is the owner's.
    public override void Dispose() => GC.SuppressFinalize(this);
}
