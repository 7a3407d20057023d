using BranchGrpo.Kit.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>Exponential moving average of weights: a ← d·a + (1 − d)·w after each iteration. The paper uses d = 0.995.</summary>
public sealed class WeightAverage : IDisposable
{
    private readonly IReadOnlyList<(string Name, Parameter Parameter)> parameters;
    private readonly Tensor[] average;
    private readonly double decay;

    /// <summary>An average that starts at the present weights.</summary>
    /// <param name="parameters">Borrowed.</param>
    /// <param name="decay">d in (0, 1).</param>
    public WeightAverage(IReadOnlyList<(string Name, Parameter Parameter)> parameters, double decay)
    {
        (this.parameters, this.decay) = (parameters, Require.Fraction(decay));
        average = [.. parameters.Select(p => p.Parameter.detach().clone().DetachFromDisposeScope())];
    }

    /// <summary>Takes in the present weights.</summary>
    public void Update()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        for (var i = 0; i < average.Length; i++) average[i].mul_(Scalars.Of(decay)).add_(parameters[i].Parameter, alpha: Scalars.Of(1 - decay));
    }

    /// <summary>Exchanges weights and average until disposed.</summary>
    public IDisposable Use()
    {
        Swap();
        return new Restore(this);
    }

    /// <summary>The averages by name; borrowed.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State() => parameters.Select((p, i) => new KeyValuePair<string, Tensor>(p.Name, average[i]));

    /// <summary>Frees the averages.</summary>
    public void Dispose()
    {
        foreach (var tensor in average) tensor.Dispose();
    }

    private void Swap()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        for (var i = 0; i < average.Length; i++)
        {
            var weights = parameters[i].Parameter.detach().clone();
            parameters[i].Parameter.copy_(average[i]);
            average[i].copy_(weights);
        }
    }

    private sealed class Restore(WeightAverage owner) : IDisposable
    {
        private bool done;

        public void Dispose()
        {
            if (!done) owner.Swap();
            done = true;
        }
    }
}
