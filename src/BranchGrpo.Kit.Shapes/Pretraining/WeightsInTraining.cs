using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes.Pretraining;

/// <summary>A network's weights with their optimiser and a running average whose share changes from step to step.</summary>
internal sealed class WeightsInTraining : IDisposable
{
    private readonly (string Name, Tensor Weight, Tensor Average)[] weights;
    private readonly AdamW optimiser;

    public WeightsInTraining(nn.Module network, double decay)
    {
        var named = network.named_parameters().Select(p => (p.name, p.parameter)).ToArray();
        optimiser = new AdamW(named, new AdamWOptions { WeightDecay = decay });
        using var frozen = no_grad();
        weights = [.. named.Select(p => (p.name, (Tensor)p.parameter, p.parameter.detach().clone().DetachFromDisposeScope()))];
    }

    /// <summary>Averaged weights by name, borrowed.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Averages => weights.Select(w => KeyValuePair.Create(w.Name, w.Average));

    /// <summary>Everything needed to go on, by name, borrowed.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State =>
        [.. weights.SelectMany(w => Pair(w.Name, w.Weight, w.Average)), .. optimiser.State()];

    /// <summary>One step along the gradients, which are then forgotten; average ← average + share·(weights − average).</summary>
    public void Step(double learningRate, double share)
    {
        optimiser.LearningRate = learningRate;
        optimiser.Step();
        optimiser.ZeroGradients();
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var (_, weight, average) in weights) average.mul_(1 - share).add_(weight, alpha: share);
    }

    /// <summary>Scales the gradients so that their norm is at most this.</summary>
    public void ClipGradients(double norm) => optimiser.ClipGradients(norm);

    /// <summary>Copies a saved state back.</summary>
    public void Restore(IReadOnlyDictionary<string, Tensor> saved)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var (name, tensor) in State) tensor.copy_(saved[name]);
    }

    /// <summary>√Σ w² over the weights.</summary>
    public double Norm() => Norm(weights.Select(w => w.Weight));

    /// <summary>√Σ m² over the optimiser's first moments.</summary>
    public double MomentNorm() => Norm(optimiser.State().Where(s => s.Key.EndsWith(".exp_avg", StringComparison.Ordinal)).Select(s => s.Value));

    private static KeyValuePair<string, Tensor>[] Pair(string name, Tensor weight, Tensor average) =>
        [KeyValuePair.Create(name + ".weights", weight), KeyValuePair.Create(name + ".average", average)];

    private static double Norm(IEnumerable<Tensor> tensors)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        return Math.Sqrt(tensors.Sum(p => p.detach().to(ScalarType.Float64).square().sum().item<double>()));
    }

    public void Dispose()
    {
        optimiser.Dispose();
        foreach (var (_, _, average) in weights) average.Dispose();
    }
}
