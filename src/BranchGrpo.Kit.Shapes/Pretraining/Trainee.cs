using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes.Pretraining;

/// <summary>One network in pretraining: its loss at a step, its learning rate, and how good it is.</summary>
internal abstract class Trainee(PretrainingOptions options, ulong purpose) : IDisposable
{
    public abstract nn.Module Network { get; }

    protected Device Device { get; } = options.Device ?? CPU;

    /// <summary>Loss of a step, with gradient. Shape [].</summary>
    public abstract Tensor Loss(int step);

    public abstract double LearningRate(int step);

    public abstract double WeightDecay { get; }

    /// <summary>Bound on the gradient's norm.</summary>
    public abstract double GradientNorm { get; }

    /// <summary>Share of the new weights in the running average after a number of steps; 1 keeps no average.</summary>
    public abstract double AverageShare(int steps);

    /// <summary>A number in [0, 1] that rises as training succeeds, of the weights given by name.</summary>
    public abstract double Quality(IEnumerable<KeyValuePair<string, Tensor>> weights);

    /// <summary>The generator of a step: a function of seed, purpose and step alone, so that a run may stop and go on anywhere.</summary>
    protected Generator GeneratorOf(int step)
    {
        var z = options.Seed * 0x9E3779B97F4A7C15 + purpose * 0xD1B54A32D192ED03 + (ulong)(step + 1) * 0x8CB92BA72F3D8DD7;   // splitmix64
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return new Generator((z ^ (z >> 31)) >> 1);
    }

    /// <summary>Token numbers of attributes. Shapes [B, 4] → [B, 4], int64.</summary>
    public static Tensor Words(Tensor attributes)
    {
        using var scope = NewDisposeScope();
        return (attributes + tensor(new long[] { 0, 4, 10, 12 })).MoveToOuterDisposeScope();
    }

    /// <summary>Attributes of caption numbers. Shapes [B] → [B, 4], int64.</summary>
    protected static Tensor AttributesOf(Tensor index)
    {
        using var scope = NewDisposeScope();
        var all = ShapesRenderer.Attributes(Caption.All);                                      // [240, 4]
        return all.index_select(0, index).MoveToOuterDisposeScope();
    }

    public virtual void Dispose() => Network.Dispose();
}
