using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes;

/// <summary>The policy of the embedded task: a small diffusion transformer over picture patches and caption words.</summary>
/// <remarks>
/// It predicts the clean picture x̂₀ and turns it into v = (x − x̂₀) / max(σ, 0.05). Latents are patches of the picture itself, without autoencoder.
/// </remarks>
public sealed class ShapesPolicy : FlowPolicy, ILevelPerRow
{
    private readonly VelocityTransformer network;
    private readonly IReadOnlyList<string> frozen;

    /// <summary>Parts that training leaves alone by default: left free, the projections drift into a texture over the whole picture.</summary>
    public static IReadOnlyList<string> DefaultFrozen { get; } = ["input", "position", "output", "finalModulation"];

    /// <summary>A policy with weights drawn from a seed.</summary>
    /// <param name="size">Width, depth and patch.</param>
    /// <param name="frozen">Names, or first parts of names, that are not trained; <see cref="DefaultFrozen"/> if null, empty to train all.</param>
    /// <param name="seed">Seed of the first weights.</param>
    /// <exception cref="ArgumentException">A frozen part that does not exist.</exception>
    public ShapesPolicy(ShapesSize size, IReadOnlyList<string>? frozen = null, ulong seed = 0)
    {
        using var generator = new Generator(seed);
        Size = size;
        this.frozen = frozen ?? DefaultFrozen;
        network = new VelocityTransformer(size, generator);
        foreach (var part in this.frozen)
            if (!network.named_parameters().Any(p => IsPartOf(p.name, part)))
                throw new ArgumentException($"no parameters named \"{part}\"; there are {string.Join(", ", Parts())}", nameof(frozen));
        foreach (var (name, parameter) in network.named_parameters()) parameter.requires_grad = IsTrained(name);
    }

    /// <summary>Reads a policy from its weights file.</summary>
    /// <exception cref="FileNotFoundException">No such file; the message says what makes it.</exception>
    /// <exception cref="InvalidDataException">Damaged, or not of this size.</exception>
    public static ShapesPolicy Load(string path, ShapesSize size, IReadOnlyList<string>? frozen = null)
    {
        var policy = new ShapesPolicy(size, frozen);
        try
        {
            ShapesData.LoadInto(policy.network, path);
            return policy;
        }
        catch
        {
            policy.Dispose();
            throw;
        }
    }

    /// <summary>Width, depth and patch.</summary>
    public ShapesSize Size { get; }

    /// <inheritdoc/>
    public override nn.Module Network => network;

    /// <inheritdoc/>
    public override IReadOnlyList<long> LatentShape => [Size.Tokens, Size.Channels];

    /// <summary>Four token numbers per prompt. Shape [prompts, 4], int64.</summary>
    /// <exception cref="FormatException">A prompt that is not one of the 240 captions.</exception>
    public override Conditioning Encode(IReadOnlyList<string> prompts)
    {
        using var scope = NewDisposeScope();
        var words = Pretraining.Trainee.Words(ShapesRenderer.Attributes([.. prompts.Select(Caption.Parse)])).to(Device);
        return new Conditioning(words.DetachFromDisposeScope());
    }

    /// <inheritdoc/>
    public override Tensor Velocity(Tensor latents, double sigma, Conditioning conditioning)
    {
        using var scope = NewDisposeScope();
        return VelocityPerRow(latents, full(1, sigma, dtype: latents.dtype, device: latents.device), conditioning).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor VelocityPerRow(Tensor latents, Tensor sigma, Conditioning conditioning) => network.call(latents, sigma, conditioning.Tensors[0]);

    /// <inheritdoc/>
    public override long ActivationBytes => network.ActivationBytes;

    /// <inheritdoc/>
    public override FlowPolicy Clone()
    {
        var copy = new ShapesPolicy(Size, frozen);
        copy.network.to(Dtype).to(Device);
        copy.CopyFrom(network.state_dict());
        return copy;
    }

    /// <inheritdoc/>
    public override IEnumerable<string> TrainedNames() => network.named_parameters().Select(p => p.name).Where(IsTrained);

    internal void MoveTo(Device device) => network.to(device);

    /// <summary>Copies weights by name.</summary>
    internal void CopyFrom(IEnumerable<KeyValuePair<string, Tensor>> weights)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var own = network.state_dict();
        foreach (var (name, tensor) in weights) own[name].copy_(tensor);
    }

    private bool IsTrained(string name) => !frozen.Any(part => IsPartOf(name, part));

    private static bool IsPartOf(string name, string part) => name == part || name.StartsWith(part + ".", StringComparison.Ordinal);

    private IEnumerable<string> Parts() => network.named_parameters().Select(p => p.name.Split('.')[0]).Distinct();
}
