using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes.Networks;

/// <summary>First weights of a layer. They outlive any dispose scope the constructor runs in.</summary>
internal static class Weights
{
    /// <summary>U(±1/√inputs), or zero without a generator.</summary>
    public static Parameter Uniform(Generator? generator, int inputs, params long[] shape)
    {
        using var scope = NewDisposeScope();
        var bound = 1 / Math.Sqrt(inputs);
        var values = generator is null ? zeros(shape) : (rand(shape, generator: generator) * 2 - 1) * bound;
        return Own(values);
    }

    /// <summary>N(0, deviation²).</summary>
    public static Parameter Normal(Generator generator, double deviation, params long[] shape)
    {
        using var scope = NewDisposeScope();
        return Own(randn(shape, generator: generator) * deviation);
    }

    private static Parameter Own(Tensor values)
    {
        var parameter = new Parameter(values.clone());
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
