using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Sums of a kernel over the pairs of a joint sample, for many ways to divide it at once.</summary>
/// <param name="First">Σ k(x, x′) over pairs of the first part, those of a member with itself included; one per division.</param>
/// <param name="Second">The same of the second part.</param>
/// <param name="Cross">Σ k(x, y) over pairs of a member of each.</param>
internal sealed record KernelSums(double[] First, double[] Second, double[] Cross)
{
    private const long Rows = 512;

    /// <param name="joint">Features; float64. Shape [N, D].</param>
    /// <param name="kernel">From […, n, D] and […, m, D] to […, n, m].</param>
    /// <param name="isFirst">1 where a member belongs to the first part, else 0. Shape [N, divisions].</param>
    /// <param name="isSecond">The same of the second part.</param>
    public static KernelSums Of(Tensor joint, Func<Tensor, Tensor, Tensor> kernel, Tensor isFirst, Tensor isSecond)
    {
        using var scope = NewDisposeScope();
        Tensor first = zeros(isFirst.shape[1], dtype: float64), second = zeros_like(first), cross = zeros_like(first);
        for (long start = 0; start < joint.shape[0]; start += Rows)
        {
            using var part = NewDisposeScope();
            var count = Math.Min(Rows, joint.shape[0] - start);
            var block = kernel(joint.narrow(0, start, count), joint);                               // [n, N]
            Tensor toFirst = Ops.MatMul(block, isFirst), toSecond = Ops.MatMul(block, isSecond);    // [n, divisions]
            Tensor a = isFirst.narrow(0, start, count), b = isSecond.narrow(0, start, count);
            first.add_((a * toFirst).sum([0]));
            second.add_((b * toSecond).sum([0]));
            cross.add_((a * toSecond).sum([0]));
        }
        return new(Numbers(first), Numbers(second), Numbers(cross));
    }

    /// <summary>k(x, y) = exp(−|x − y|²/(2σ²)).</summary>
    public static Func<Tensor, Tensor, Tensor> Gaussian(double sigma) => (x, y) =>
    {
        using var scope = NewDisposeScope();
        var squares = x.square().sum(-1, true) + y.square().sum(-1, true).transpose(-1, -2);
        return squares.sub(Ops.MatMul(x, y.transpose(-1, -2)).mul(Scalars.Of(2))).clamp_min(Scalars.Of(0))
            .mul(Scalars.Of(-0.5 / (sigma * sigma))).exp().MoveToOuterDisposeScope();
    };

    /// <summary>k(x, y) = (x·y/D + 1)³.</summary>
    public static Tensor Cubic(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        var k = Ops.MatMul(x, y.transpose(-1, -2)).div(Scalars.Of(x.shape[^1])).add(Scalars.Of(1));
        return (k * k * k).MoveToOuterDisposeScope();
    }

    private static double[] Numbers(Tensor values) => values.data<double>().ToArray();
}
