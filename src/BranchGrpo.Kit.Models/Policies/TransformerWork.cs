using System.Collections.Immutable;
using BranchGrpo.Kit.Models.Flux;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Lora;
using BranchGrpo.Kit.Models.Sd3;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>Sizes of a diffusion transformer and the work of one latent, counted from the names and shapes of its weights. The network may be on the
/// meta device, where weights take no memory: 12 billion parameters are counted in a moment.</summary>
/// <remarks>Multiplications and additions of matrix products; norms and activations are left out, as is usual.</remarks>
public sealed record TransformerWork
{
    private readonly ImmutableArray<Projection> projections;
    private readonly long image;
    private readonly long text;

    /// <summary>Counts a network.</summary>
    /// <param name="network">FLUX or SD3; borrowed.</param>
    /// <param name="imageTokens">Tokens of the picture.</param>
    /// <param name="textTokens">Tokens of the prompt.</param>
    /// <param name="passes">Forward passes per latent: 2 with classifier-free guidance.</param>
    internal TransformerWork(nn.Module network, long imageTokens, long textTokens, int passes = 1)
    {
        (image, text, Passes) = (imageTokens, textTokens, passes);
        var parameters = network.named_parameters().ToArray();
        Parameters = parameters.Sum(p => p.parameter.numel());
        Buffers = network.named_buffers().Sum(b => b.buffer.numel());
        projections =
        [
            .. parameters.Where(p => p.parameter.dim() >= 2)
                .Select(p => new Projection(p.name[..p.name.LastIndexOf('.')], p.parameter.numel() / p.parameter.shape[0], p.parameter.shape[0])),
        ];
    }

    /// <summary>FLUX at a size.</summary>
    internal static TransformerWork Of(FluxConfig config, PolicyOptions options, int pixelsPerLatent)
    {
        using var network = new FluxTransformer(config, Nowhere);
        var (rows, columns) = FluxLatents.Grid(options.Height, options.Width, pixelsPerLatent);
        return new TransformerWork(network, rows * columns, options.TextTokens ?? FluxPipeline.T5Tokens);
    }

    /// <summary>Stable Diffusion 3 at a size.</summary>
    internal static TransformerWork Of(Sd3Config config, PolicyOptions options, int pixelsPerLatent)
    {
        using var network = new Sd3Transformer(config, Nowhere);
        var patch = pixelsPerLatent * config.Patch;
        return new TransformerWork(network, options.Height / patch * (options.Width / patch),
            Sd3PromptEncoder.ClipTokens + (options.TextTokens ?? Sd3Pipeline.T5Tokens), options.Guidance == 1 ? 1 : 2);
    }

    private static WeightFormat Nowhere => new(ScalarType.BFloat16, new Device(DeviceType.META));

    /// <summary>Forward passes per latent: 2 with classifier-free guidance.</summary>
    public int Passes { get; }

    /// <summary>Trainable values of the network.</summary>
    public long Parameters { get; }

    /// <summary>Values that are stored and never trained, such as a table of positions.</summary>
    public long Buffers { get; }

    /// <summary>Multiply-adds of the projections for one latent.</summary>
    public double ProjectionOperations => projections.Sum(p => (double)p.Inputs * p.Outputs * TokensOf(p.Name));

    /// <summary>Multiply-adds of queries with keys and of weights with values, for one latent.</summary>
    public double AttentionOperations => Attentions.Sum(a => 2.0 * a.Tokens * a.Tokens * a.Width);

    /// <summary>Values of the adapters.</summary>
    public long AdapterParameters(LoraOptions lora) => Adapted(lora).Sum(p => lora.Rank * (p.Inputs + p.Outputs));

    /// <summary>Floating-point operations (two per multiply-add) of the velocity of a latent.</summary>
    public double Forward => 2.0 * Passes * (ProjectionOperations + AttentionOperations);

    /// <summary>Floating-point operations of a latent that is trained: forward, forward again where activations are not kept, and backward: once per
    /// frozen projection (its input), twice per trained one (its weight too), 2.5 times attention, which finds its weights again.</summary>
    public double Trained(FineTuning tuning, bool checkpointing) => (checkpointing ? 2 : 1) * Forward
        + 2.0 * Passes * (ProjectionOperations * (tuning is FineTuning.Full ? 2 : 1) + 2.5 * AttentionOperations);

    /// <summary>Bytes that the backward pass of one latent needs: of all blocks, or with checkpointing the inputs of all and the inside of one.</summary>
    /// <param name="tuning">Projections that are trained keep their inputs and a rounded copy of their float32 weight; those with an adapter their
    /// inputs.</param>
    /// <param name="checkpointing">Whether blocks are computed again.</param>
    /// <param name="element">Bytes of a value in the network's type.</param>
    public double KeptBytes(FineTuning tuning, bool checkpointing, int element)
    {
        var blocks = projections.Where(p => BlockOf(p.Name) is not null).GroupBy(p => BlockOf(p.Name)!).ToArray();
        var inside = blocks.Select(block => Inside([.. block], tuning, element)).ToArray();
        var copies = blocks.Select(block => tuning is FineTuning.Full && element < 4 ? block.Sum(p => (double)p.Inputs * p.Outputs * element) : 0).ToArray();
        if (!checkpointing) return Passes * inside.Sum() + copies.Sum();
        // While a block is computed again its gradients are there too: about as much again as its widest layer.
        return Passes * (blocks.Sum(block => (double)TokensIn(block) * Width * element) + 1.5 * inside.Max()) + copies.Max();
    }

    /// <summary>Bytes that a forward pass without gradients has in use at its height: the tokens, and the inside of an MLP twice.</summary>
    /// <param name="element">Bytes of a value in the network's type.</param>
    public double TransientBytes(int element) => (double)Passes * (image + text) * Width * element * 14;

    private long Width => projections.First(p => p.Name.EndsWith("attn.to_q", StringComparison.Ordinal)).Outputs;

    private IEnumerable<(long Tokens, long Width)> Attentions => projections
        .Where(p => p.Name.EndsWith(".to_q", StringComparison.Ordinal))
        .Select(p => (p.Name.EndsWith("attn2.to_q", StringComparison.Ordinal) ? image : image + text, p.Outputs));

    // Per token and value of width: the two norms' inputs; queries and keys in float32 for their norms, then queries, keys, values and result of the
    // attention; the inside of the MLP before its activation; and the inputs of what is trained, which adapters keep in float32.
    private double Inside(Projection[] block, FineTuning tuning, int element)
    {
        var bytes = 2.0 * TokensIn(block) * Width * element;
        foreach (var p in block)
        {
            var tokens = (double)TokensOf(p.Name);
            if (p.Name.EndsWith("to_q", StringComparison.Ordinal) || p.Name.EndsWith("add_q_proj", StringComparison.Ordinal))
                bytes += tokens * p.Outputs * (8 + 4 * element);
            if (p.Outputs == 4 * Width && tokens > 1) bytes += tokens * p.Outputs * element;
            if (tuning is FineTuning.Full) bytes += InFullTraining(p, tokens, element);
        }
        if (tuning is FineTuning.Adapters { Options: var lora })
            bytes += Adapted(lora).Where(block.Contains).Sum(p => (double)TokensOf(p.Name) * 4 * (p.Inputs + lora.Rank));
        return bytes;
    }

    // Inputs, once where projections share one; and per norm its result, per gate what it opens, per attention queries and keys before their norms'
    // weights.
    private double InFullTraining(Projection p, double tokens, int element)
    {
        bool Is(params string[] names) => names.Any(n => p.Name.EndsWith("." + n, StringComparison.Ordinal));
        if (tokens == 1 || Is("to_k", "to_v", "add_k_proj", "add_v_proj", "proj_mlp")) return 0;
        var inputs = tokens * p.Inputs * element;
        return inputs + (Is("to_q", "add_q_proj") ? 4 * inputs : Is("ff.net.2", "ff_context.net.2") ? 2 * inputs / 4 : 0);
    }

    private IEnumerable<Projection> Adapted(LoraOptions lora) =>
        projections.Where(p => lora.Targets.Any(t => LoraOptions.Matches(p.Name, t)));

    private long TokensIn(IEnumerable<Projection> block) => block.Any(p => p.Name.Contains(".add_q_proj", StringComparison.Ordinal))
        || block.First().Name.StartsWith("single", StringComparison.Ordinal) ? image + text : image;

    // Modulations and the conditioning see one vector per latent.
    private long TokensOf(string name) =>
        name.StartsWith("time_text_embed", StringComparison.Ordinal) || name.Split('.').Any(part => part.StartsWith("norm", StringComparison.Ordinal)) ? 1
        : name.StartsWith("single", StringComparison.Ordinal) ? image + text
        : name.Contains("context", StringComparison.Ordinal) || name.Contains(".add_", StringComparison.Ordinal)
            || name.EndsWith("to_add_out", StringComparison.Ordinal) ? text
        : image;

    private static string? BlockOf(string name) =>
        name.Contains("transformer_blocks.", StringComparison.Ordinal) ? string.Join('.', name.Split('.').Take(2)) : null;

    private sealed record Projection(string Name, long Inputs, long Outputs);
}
