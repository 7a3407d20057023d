using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Pictures in blocks: the leaves of each tree, or the sequential rollouts in its place.</summary>
/// <param name="Features">Unit vectors times √D, so that x·y/D is their cosine; float64. Shape [trees, L, D].</param>
/// <param name="Pictures">Latents; float64. Shape [trees, L, elements].</param>
/// <param name="Rewards">float64. Shape [trees, L, 1].</param>
internal sealed record LeafSet(Tensor Features, Tensor Pictures, Tensor Rewards) : IDisposable
{
    /// <summary>Number of trees.</summary>
    public int Blocks => (int)Features.shape[0];

    /// <summary>Of each block: mean root mean square difference of two of its members, and the variance (n − 1) of an element.</summary>
    /// <param name="values">Shape [blocks, L, elements]; borrowed.</param>
    public static (double[] Distance, double[] Variance) Inside(Tensor values)
    {
        using var scope = NewDisposeScope();
        var (count, elements) = (values.shape[1], values.shape[2]);
        var centred = values - values.mean([1], true);
        var norms = centred.square().sum(2, true);                                                  // [blocks, L, 1]
        var squares = (norms + norms.transpose(1, 2)).sub(Ops.MatMul(centred, centred.transpose(1, 2)).mul(Scalars.Of(2)))
            .clamp_min(Scalars.Of(0)).div(Scalars.Of(elements));                                    // [blocks, L, L]
        var pairs = Scalars.Of(count * (count - 1));
        // Half the mean squared difference of two members is their variance. A difference of a member with itself is rounding noise.
        var others = squares.mul(1 - eye(count, dtype: float64));
        return (Numbers(others.sqrt().sum([1, 2]).div(pairs)), Numbers(others.sum([1, 2]).div(pairs).mul(Scalars.Of(0.5))));
    }

    /// <summary>Mean reward of each block.</summary>
    public double[] MeanRewards()
    {
        using var mean = Rewards.mean([1, 2]);
        return Numbers(mean);
    }

    public void Dispose()
    {
        Features.Dispose();
        Pictures.Dispose();
        Rewards.Dispose();
    }

    private static double[] Numbers(Tensor values) => values.data<double>().ToArray();
}
