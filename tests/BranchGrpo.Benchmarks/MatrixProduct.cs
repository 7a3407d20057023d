using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Benchmarks;

/// <summary>[batch, n, k] by [batch, k, m], to be run bare. The second factor is read transposed, as layers read their weights.</summary>
/// <param name="Batch">Products at once; factors of a single one have two axes.</param>
/// <param name="N">Rows of the result.</param>
/// <param name="K">Inner axis.</param>
/// <param name="M">Columns of the result.</param>
internal sealed record MatrixProduct(long Batch, long N, long K, long M)
{
    public double Operations => 2.0 * Batch * N * K * M;

    /// <param name="factors">Kept from run to run, one of each shape. The caller owns them.</param>
    /// <param name="type">Type of the factors.</param>
    /// <param name="device">Their place.</param>
    public void Run(Dictionary<(long, long, long), Tensor> factors, ScalarType type, Device device)
    {
        using var scope = NewDisposeScope();
        Ops.MatMul(Factor(N, K), Factor(M, K).transpose(-2, -1));

        Tensor Factor(long rows, long columns)
        {
            if (factors.TryGetValue((Batch, rows, columns), out var factor)) return factor;
            long[] shape = Batch == 1 ? [rows, columns] : [Batch, rows, columns];
            return factors[(Batch, rows, columns)] = ones(shape, dtype: type, device: device).DetachFromDisposeScope();
        }
    }
}
