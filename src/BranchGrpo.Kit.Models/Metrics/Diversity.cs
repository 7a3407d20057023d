using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Metrics;

/// <summary>How much the members of one set differ.</summary>
public static class Diversity
{
    /// <summary>Mean over pairs i &lt; j of 1 − cos(xᵢ, xⱼ): 0 where all images of a prompt look alike to the network.</summary>
    /// <param name="features">Shape [N ≥ 2, D]; borrowed.</param>
    /// <returns>In [0, 2].</returns>
    public static double MeanCosineDistance(Tensor features)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var unit = FeatureSet.UnitRows(FeatureSet.Check(features, nameof(features), 2), nameof(features));       // [N, D]
        double n = unit.shape[0];
        // The cosines of all pairs add up to |Σ xᵢ|²; n of them are those of a vector with itself.
        var others = unit.sum([0]).square().sum().item<double>() - n;
        return 1 - others / (n * (n - 1));
    }
}
