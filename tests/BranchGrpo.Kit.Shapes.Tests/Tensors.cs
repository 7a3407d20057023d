using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes.Tests;

internal static class Tensors
{
    /// <summary>Bit for bit the same values and shape.</summary>
    public static bool Same(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return a.shape.SequenceEqual(b.shape) && a.eq(b).all().item<bool>();
    }

    /// <summary>Largest absolute difference.</summary>
    public static double Difference(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return (a - b).abs().max().to(ScalarType.Float64).item<double>();
    }

    /// <summary>N(0, 1) numbers of a seed.</summary>
    public static Tensor Noise(ulong seed, params long[] shape)
    {
        using var generator = new Generator(seed);
        return randn(shape, generator: generator);
    }
}
