using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>Mixed precision: weights that are trained stay in float32, where small steps are not rounded away, and a layer computes in the type of its
/// input, with a copy that is rounded for the moment.</summary>
internal static class MasterWeights
{
    extension(Parameter weight)
    {
        /// <summary>The weight in the type of an input; itself where the types agree.</summary>
        public Tensor In(Tensor x) => weight.dtype == x.dtype ? weight : weight.to(x.dtype);
    }
}
