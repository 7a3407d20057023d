using BranchGrpo.Kit.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>A velocity network of a rectified flow, x_σ = (1 − σ)·x₀ + σ·ε, v = ε − x₀, together with what it is told about a prompt.</summary>
/// <remarks>Small and real models share this shape: the engine sees latents, a noise level and a <see cref="Conditioning"/>, nothing else.</remarks>
public abstract class FlowPolicy : IDisposable
{
    /// <summary>The module that holds the weights; its state names are the names in a safetensors file.</summary>
    public abstract nn.Module Network { get; }

    /// <summary>Shape of one latent, without the batch axis.</summary>
    public abstract IReadOnlyList<long> LatentShape { get; }

    /// <summary>What the network is told about each prompt. Called once per rollout, without gradient.</summary>
    /// <returns>Tensors of shape [prompts, …]; the caller owns them.</returns>
    public abstract Conditioning Encode(IReadOnlyList<string> prompts);

    /// <summary>Predicted velocity v(x, σ). Deterministic, and independent between the rows of the batch.</summary>
    /// <param name="latents">Noisy latents. Shape [B, …latent].</param>
    /// <param name="sigma">Noise level of all rows, in [0, 1].</param>
    /// <param name="conditioning">One row per latent.</param>
    /// <returns>Shape [B, …latent]; the caller owns it.</returns>
    public abstract Tensor Velocity(Tensor latents, double sigma, Conditioning conditioning);

    /// <summary>A policy with the same weights in storage of its own.</summary>
    public abstract FlowPolicy Clone();

    /// <summary>The reference of a KL term: the policy before training, whatever training does later. A clone unless the policy has something
    /// cheaper, such as its own network without its adapters.</summary>
    public virtual FlowPolicy Reference() => Clone();

    /// <summary>Writes what training may have changed and others need, to a file that is whole or not there.</summary>
    public virtual void Save(string path) => SafeTensors.Write(path, Network.state_dict());

    /// <summary>Names of the parameters that training may change, in the order of the network; the others stay frozen.</summary>
    public virtual IEnumerable<string> TrainedNames() => Network.named_parameters().Select(p => p.name);

    /// <summary>The parameters that training may change.</summary>
    public IReadOnlyList<(string Name, Parameter Parameter)> TrainedParameters()
    {
        var names = TrainedNames().ToHashSet();
        return [.. Network.named_parameters().Where(p => names.Contains(p.name)).Select(p => (p.name, p.parameter))];
    }

    /// <summary>Where the weights are.</summary>
    public virtual Device Device => Network.parameters().First().device;

    /// <summary>Element type of the latents, and of the weights unless the network computes in another.</summary>
    public virtual ScalarType Dtype => Network.parameters().First().dtype;

    /// <summary>Largest |ρ − 1| allowed before the first update, log-probabilities averaged over elements: what rounding does to a velocity that is
    /// evaluated twice. A network that computes in fewer bits than its latents have says how many more it needs.</summary>
    public virtual double RatioTolerance => 1e-6;

    /// <summary>Bytes that the forward pass of one latent keeps for its backward pass; 0 where nobody knows.</summary>
    public virtual long ActivationBytes => 0;

    /// <summary>Frees the network.</summary>
    public virtual void Dispose()
    {
        Network.Dispose();
        GC.SuppressFinalize(this);
    }
}
