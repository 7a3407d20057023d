using BranchGrpo.Kit;
using static TorchSharp.torch;

namespace BranchGrpo.Benchmarks;

/// <summary>A policy that takes one noise level a call, whatever the one inside takes.</summary>
internal sealed class OneLevelPolicy(FlowPolicy inside) : FlowPolicy
{
    public override nn.Module Network => inside.Network;

    public override IReadOnlyList<long> LatentShape => inside.LatentShape;

    public override long ActivationBytes => inside.ActivationBytes;

    public override IEnumerable<string> TrainedNames() => inside.TrainedNames();

    public override Conditioning Encode(IReadOnlyList<string> prompts) => inside.Encode(prompts);

    public override Tensor Velocity(Tensor latents, double sigma, Conditioning conditioning) => inside.Velocity(latents, sigma, conditioning);

    public override FlowPolicy Clone() => new OneLevelPolicy(inside.Clone());
}
