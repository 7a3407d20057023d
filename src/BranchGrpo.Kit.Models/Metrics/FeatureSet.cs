using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Metrics;

/// <summary>Features as the distances want them: checked, in double.</summary>
internal static class FeatureSet
{
    /// <summary>Elements of the largest kernel matrix that is held at once.</summary>
    private const long Block = 1 << 22;

    /// <returns>float64, shape [N, D]; the caller owns it.</returns>
    public static Tensor Check(Tensor features, string name, int least)
    {
        if (features.shape is not [var rows, > 0] || rows < least)
            throw new ArgumentException($"expected [N ≥ {least}, D], found [{string.Join(", ", features.shape)}]", name);
        var exact = features.detach().to(ScalarType.Float64, copy: true);                                        // [N, D]
        using var finite = exact.isfinite().all();
        return finite.item<bool>() ? exact : throw new ArgumentException("a feature is not finite", name);
    }

    public static void SameWidth(Tensor first, Tensor second)
    {
        if (first.shape[1] != second.shape[1])
            throw new ArgumentException($"features have {first.shape[1]} and {second.shape[1]} dimensions; expected the same network for both sets");
    }

    /// <summary>x / |x| of each row.</summary>
    public static Tensor UnitRows(Tensor x, string name)
    {
        using var scope = NewDisposeScope();
        var norms = x.square().sum(1, keepdim: true).sqrt();                                                     // [N, 1]
        if (norms.min().item<double>() == 0) throw new ArgumentException("a feature vector is zero and has no direction", name);
        return x.div(norms).MoveToOuterDisposeScope();                                                           // [N, D]
    }

    /// <summary>Pairs of all rows of x with all rows of y, some rows of x at a time.</summary>
    public static IEnumerable<Tensor> Blocks(Tensor x, Tensor y, Func<Tensor, Tensor, Tensor> pairs)
    {
        var step = Math.Max(1, Block / Math.Max(1, y.shape[0]));
        for (long start = 0; start < x.shape[0]; start += step)
        {
            using var rows = x.narrow(0, start, Math.Min(step, x.shape[0] - start));                              // [n, D]
            using var block = pairs(rows, y);                                                                    // [n, M]
            yield return block;
        }
    }

    /// <summary>|x − y|² of all pairs.</summary>
    /// <returns>Shape [N, M].</returns>
    public static Tensor SquaredDistances(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        var squares = x.square().sum(1, keepdim: true) + y.square().sum([1]);                                      // [N, M]
        return squares.sub(Ops.MatMul(x, y.transpose(0, 1)).mul(Scalars.Of(2))).clamp_min(Scalars.Of(0)).MoveToOuterDisposeScope();
    }
}
