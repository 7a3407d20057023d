using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>Normalisation over groups of channels.</summary>
internal sealed class GroupNorm : NamedModule
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly long groups;
    private readonly double epsilon;

    public GroupNorm(long groups, long channels, double epsilon, WeightFormat format) : base(nameof(GroupNorm))
    {
        (this.groups, this.epsilon) = (groups, epsilon);
        weight = Add("weight", format, channels);
        bias = Add("bias", format, channels);
    }

    /// <param name="x">Shape [B, channels, …].</param>
    public Tensor Forward(Tensor x) => nn.functional.group_norm(x, groups, weight, bias, epsilon);
}
