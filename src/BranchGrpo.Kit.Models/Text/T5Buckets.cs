using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>Buckets of relative distances r = key − query. With half = buckets/2 and exact = half/2: (half if r &gt; 0) + b(|r|), b(n) = n below exact, and
/// min(half − 1, exact + ⌊ln(n/exact) / ln(max/exact) · (half − exact)⌋) from there on.</summary>
internal static class T5Buckets
{
    /// <param name="distance">Shape […], int64, on the CPU.</param>
    /// <param name="buckets">Number of buckets.</param>
    /// <param name="maxDistance">Distances from here on share a bucket.</param>
    /// <returns>Shape […], int64.</returns>
    /// <remarks>Logarithm, quotient and product are rounded to float32 as in the reference: borders such as 16, 32, 64 are exact quotients, where the last
    /// bit decides.</remarks>
    public static Tensor Of(Tensor distance, int buckets, int maxDistance)
    {
        using var scope = NewDisposeScope();
        var half = buckets / 2;
        var exact = half / 2;
        var n = distance.abs();
        var far = n.clamp_min(Scalars.Of(1)).to(ScalarType.Float32).div(Scalars.Of(exact)).log()
            .div(Scalars.Of(Math.Log((double)maxDistance / exact))).mul(Scalars.Of(half - exact)).to(ScalarType.Int64)
            .add(Scalars.Of(exact)).clamp_max(Scalars.Of(half - 1));                                    // […]
        var near = n.lt(Scalars.Of(exact));
        return (where(near, n, far) + distance.gt(Scalars.Of(0)).to(ScalarType.Int64).mul(Scalars.Of(half))).to(ScalarType.Int64).MoveToOuterDisposeScope();
    }

    /// <summary>Buckets of a whole sequence.</summary>
    /// <returns>Shape [length, length]: query, key.</returns>
    public static Tensor Table(long length, int buckets, int maxDistance)
    {
        using var scope = NewDisposeScope();
        var positions = arange(length, dtype: ScalarType.Int64);                                        // [S]
        return Of(positions.unsqueeze(0) - positions.unsqueeze(1), buckets, maxDistance).MoveToOuterDisposeScope();
    }
}
