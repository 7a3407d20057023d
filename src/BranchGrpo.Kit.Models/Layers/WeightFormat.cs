using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>Element type and place of a network's weights. Networks are made without values, which only a checkpoint (or <c>make-tiny</c>) gives:
/// a model of 12 billion parameters is never filled with numbers that the next line replaces.</summary>
/// <param name="Dtype">float32, bfloat16 or float16.</param>
/// <param name="Device">Where the weights are.</param>
public sealed record WeightFormat(ScalarType Dtype, Device Device)
{
    /// <summary>Type in which a transformer computes: that of its weights, unless float32 weights are trained in mixed precision.</summary>
    public ScalarType Compute { get; init; } = Dtype;

    /// <summary>float32 on the CPU.</summary>
    public static WeightFormat Cpu { get; } = new(ScalarType.Float32, CPU);

    /// <summary>A weight without values and without gradient; it outlives any dispose scope.</summary>
    internal Parameter Empty(params long[] shape)
    {
        var parameter = new Parameter(empty(shape, dtype: Dtype, device: Device), requires_grad: false);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
