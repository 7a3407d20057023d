using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>T5 v1.1 encoder: the second text encoder of FLUX.1, the third of Stable Diffusion 3. Its activations overflow float16 in the published size:
/// weights are float32 or bfloat16.</summary>
internal sealed class T5Encoder : NamedModule
{
    private readonly Embedding tokens;
    private readonly T5Block[] blocks;
    private readonly RmsNorm norm;

    public T5Encoder(T5Config config, WeightFormat format) : base(nameof(T5Encoder))
    {
        if (format.Dtype == ScalarType.Float16)
            throw new ArgumentException("T5 overflows float16: expected float32 or bfloat16 weights (a float16 file can be loaded into either).",
                nameof(format));
        Config = config;
        tokens = Add("shared", new Embedding(config.Vocabulary, config.Width, format));
        blocks = [.. Enumerable.Range(0, config.Layers).Select(i => Add($"encoder.block.{i}", new T5Block(config, format, first: i == 0)))];
        norm = Add("encoder.final_layer_norm", new RmsNorm(config.Width, config.Epsilon, format));
    }

    /// <summary>Sizes.</summary>
    public T5Config Config { get; }

    /// <summary>Told the name and value of intermediate tensors, for comparisons; the tensors are borrowed.</summary>
    public Action<string, Tensor>? Probe { get; set; }

    /// <summary>Opens a folder with <c>config.json</c> and a checkpoint.</summary>
    public static T5Encoder Load(string folder, WeightFormat format)
    {
        var encoder = new T5Encoder(T5Config.Read(Path.Combine(folder, "config.json")), format);
        using var weights = Checkpoint.Open(folder);
        Checkpoint.LoadInto(encoder, weights, Published(weights));
        return encoder;
    }

    /// <summary>Names in published files: the embedding is <c>shared</c>, <c>encoder.embed_tokens</c>, or both with the same values.</summary>
    public static Func<string, string?> Published(WeightSource weights)
    {
        var shared = weights.Entries.ContainsKey("shared.weight");
        return name => name != "encoder.embed_tokens.weight" ? name : shared ? null : "shared.weight";
    }

    /// <summary>The sequence of states. FLUX.1 and Stable Diffusion 3 give no mask: the padded positions attend, are attended to, and are part of the
    /// result.</summary>
    /// <param name="ids">Shape [B, S], int64.</param>
    /// <param name="valid">1 for content, 0 for padding, whose keys are hidden; null to hide nothing. Shape [B, S].</param>
    /// <returns>Shape [B, S, D]; the caller owns it.</returns>
    public Tensor Forward(Tensor ids, Tensor? valid = null)
    {
        if (ids.dim() != 2) throw new ArgumentException($"Expected ids [B, S], got [{string.Join(", ", ids.shape)}].", nameof(ids));
        using var scope = NewDisposeScope();
        ids = ids.to(tokens.Table.device);
        var x = tokens.Forward(ids);                                                                    // [B, S, D]
        var bias = blocks[0].Bias(T5Buckets.Table(ids.shape[1], Config.Buckets, Config.MaxDistance).to(ids.device));      // [1, heads, S, S]
        Probe?.Invoke("position_bias", bias);
        if (valid is not null) bias = bias + AttentionMask.Keys(valid.to(ids.device), bias.dtype);      // [B, heads, S, S]
        for (var i = 0; i < blocks.Length; i++)
        {
            using var inner = NewDisposeScope();
            var attention = blocks[i].Attend(x, bias);
            var attended = x + attention;
            x = (attended + blocks[i].Transform(attended)).MoveToOuterDisposeScope();                   // [B, S, D]
            Probe?.Invoke($"block{i}.attention", attention);
            Probe?.Invoke($"block{i}.after_attention", attended);
            Probe?.Invoke($"block{i}", x);
        }
        Probe?.Invoke("before_final_norm", x);
        return norm.Forward(x).MoveToOuterDisposeScope();
    }
}
