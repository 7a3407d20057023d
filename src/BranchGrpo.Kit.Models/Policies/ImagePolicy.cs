using BranchGrpo.Kit.Models.Lora;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>An image model as a policy: its transformer computes in its own type, latents, the arithmetic of steps and log-probabilities are float32.
/// Prompts must be in the <see cref="PromptCache"/>.</summary>
public abstract class ImagePolicy : FlowPolicy
{
    private readonly Trained trained;

    private protected ImagePolicy(nn.Module transformer, LoraAdapters? adapters, PolicyOptions options, PromptCache cache)
    {
        (Options, Cache, trained) = (options, cache, new Trained(transformer, adapters));
        foreach (var (_, parameter) in transformer.named_parameters()) parameter.requires_grad = adapters is null;
        transformer.eval();
    }

    /// <summary>How it computes and what of it is trained.</summary>
    public PolicyOptions Options { get; }

    /// <summary>The adapters; null where all weights are trained.</summary>
    public LoraAdapters? Adapters => trained.Adapters;

    /// <summary>The transformer, and its adapters under <c>adapters.</c>.</summary>
    public override nn.Module Network => trained;

    /// <summary>float32: that of latents.</summary>
    public override ScalarType Dtype => ScalarType.Float32;

    /// <inheritdoc/>
    public override Device Device => Options.Device;

    /// <summary>1e-6 where the network computes in float32. In fewer bits a velocity evaluated in a batch of another size differs by about a percent,
    /// because its products add up in another order: by δ per element, which moves the mean log-probability by about ½(δ/std)², 1e-5 to 1e-4, and more
    /// with guidance. Half the clip range is allowed. With one latent per policy call, as the presets for GPUs have it, rollout and training
    /// compute the same and the ratio is 1.</summary>
    public override double RatioTolerance => Options.Dtype is ScalarType.Float32 or ScalarType.Float64 ? base.RatioTolerance : 5e-4;

    /// <summary>Token states [P, tokens, joint width] and pooled states [P, width] of prompts that were embedded before.</summary>
    /// <exception cref="FileNotFoundException">A prompt was not embedded.</exception>
    public override Conditioning Encode(IReadOnlyList<string> prompts) => Cache.Read(prompts, Options.Dtype, Options.Device);

    /// <summary>Latents as the autoencoder takes them.</summary>
    /// <param name="latents">Shape [B, …<see cref="FlowPolicy.LatentShape"/>]; borrowed.</param>
    /// <returns>Shape [B, channels, rows, columns]; the caller owns it.</returns>
    public abstract Tensor ToGrid(Tensor latents);

    /// <summary>The policy without its adapters, in no memory of its own; a clone where all weights are trained.</summary>
    public override FlowPolicy Reference() => Adapters is null ? Clone() : new AdaptersOff(this);

    /// <inheritdoc/>
    public override FlowPolicy Clone()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var transformer = EmptyTransformer();
        var weights = trained.Transformer.state_dict();
        foreach (var (name, target) in transformer.state_dict()) target.copy_(weights[name]);
        return With(transformer, Adapters?.CopyTo(transformer));
    }

    /// <summary>Writes the adapters as a folder in PEFT's format, or all weights as one safetensors file under their published names.</summary>
    /// <param name="path">For adapters the folder; the ending .safetensors of a file's name is left off.</param>
    public override void Save(string path)
    {
        if (Adapters is null) SafeTensors.Write(path, trained.Transformer.state_dict());
        else Adapters.Save(FolderOf(path), LoraFormat.Peft);
    }

    /// <summary>Where <see cref="Save"/> puts adapters.</summary>
    public static string FolderOf(string path) => path.EndsWith(".safetensors", StringComparison.Ordinal) ? path[..^".safetensors".Length] : path;

    /// <inheritdoc/>
    public override IEnumerable<string> TrainedNames() => trained.TrainedNames();

    private protected PromptCache Cache { get; }

    /// <summary>The result of a computation without adapters.</summary>
    internal T WithoutAdapters<T>(Func<T> compute)
    {
        if (Adapters is null) return compute();
        var before = Adapters.Enabled;
        Adapters.Enabled = false;
        try
        {
            return compute();
        }
        finally
        {
            Adapters.Enabled = before;
        }
    }

    /// <summary>A transformer of the same sizes, type and place, without values.</summary>
    private protected abstract nn.Module EmptyTransformer();

    /// <summary>The same policy around another transformer.</summary>
    private protected abstract ImagePolicy With(nn.Module transformer, LoraAdapters? adapters);

    /// <summary>A number for every row of a batch. Shape [B], float32.</summary>
    private protected Tensor Repeated(double value, long rows) =>
        tensor(Enumerable.Repeat((float)value, (int)rows).ToArray(), device: Options.Device);
}
