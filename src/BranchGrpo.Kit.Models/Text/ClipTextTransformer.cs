using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>The <c>text_model</c> of CLIP: embeddings, causal blocks, final norm, and the pooled row.</summary>
internal sealed class ClipTextTransformer : NamedModule
{
    private readonly ClipTextConfig config;
    private readonly Embedding tokens, positions;
    private readonly PreNormBlock[] layers;
    private readonly LayerNorm norm;

    public ClipTextTransformer(ClipTextConfig config, WeightFormat format) : base(nameof(ClipTextTransformer))
    {
        this.config = config;
        tokens = Add("embeddings.token_embedding", new Embedding(config.Vocabulary, config.Width, format));
        positions = Add("embeddings.position_embedding", new Embedding(config.Positions, config.Width, format));
        var shape = new BlockShape(config.Width, config.Heads, config.Inner, config.Epsilon, Activation.Named(config.Activation));
        layers = [.. Enumerable.Range(0, config.Layers).Select(i => Add($"encoder.layers.{i}", new PreNormBlock(shape, BlockNames.Transformers, format)))];
        norm = Add("final_layer_norm", new LayerNorm(config.Width, config.Epsilon, format));
    }

    /// <summary>All states. The published pipelines give no mask: padding is after the end token, which cannot see it.</summary>
    /// <param name="ids">Shape [B, S], int64, S at most the number of positions.</param>
    /// <param name="valid">1 for content, 0 for padding; null where everything is seen. Shape [B, S].</param>
    /// <param name="probe">Is shown <c>embeddings</c>, every layer with its attention, and <c>final_layer_norm</c>.</param>
    public ClipTextStates Forward(Tensor ids, Tensor? valid = null, Probe? probe = null)
    {
        if (ids.dim() != 2 || ids.shape[1] > config.Positions)
            throw new ArgumentException($"Expected ids [B, S] with S at most {config.Positions}, got [{string.Join(", ", ids.shape)}].", nameof(ids));
        using var scope = NewDisposeScope();
        ids = ids.to(tokens.Table.device);
        var x = tokens.Forward(ids) + positions.Table.narrow(0, 0, ids.shape[1]);                       // [B, S, D]
        var mask = valid is null ? null : AttentionMask.CausalKeys(valid.to(ids.device), x.dtype);      // [B, 1, S, S]
        probe?.Invoke("embeddings", x);
        List<Tensor> states = [x];
        for (var i = 0; i < layers.Length; i++)
        {
            states.Add(x = layers[i].Forward(x, causal: mask is null, mask, probe.Under($"layer{i}")));
            probe?.Invoke($"layer{i}", x);
        }
        var last = norm.Forward(x);                                                                     // [B, S, D]
        probe?.Invoke("final_layer_norm", last);
        var pooled = last.flatten(0, 1).index_select(0, PooledRows(ids));                               // [B, D]
        return new ClipTextStates(last.MoveToOuterDisposeScope(), [.. states.Select(s => s.MoveToOuterDisposeScope())], pooled.MoveToOuterDisposeScope());
    }

    /// <summary>Row of the pooled vector among the B·S states. Files of before mid 2023 state the end token 2, which is not the end token: there the
    /// first position of the row's largest id is meant. Otherwise it is the first end token, and position 0 where there is none.</summary>
    private Tensor PooledRows(Tensor ids)
    {
        using var cpu = ids.to(ScalarType.Int64).cpu();
        var (rows, length) = (ids.shape[0], ids.shape[1]);
        var values = cpu.data<long>().ToArray();
        var found = new long[rows];
        for (var b = 0; b < rows; b++)
        {
            var row = values.AsSpan(checked((int)(b * length)), (int)length);
            var end = config.EndToken == 2 ? System.MemoryExtensions.IndexOf(row, Largest(row)) : System.MemoryExtensions.IndexOf(row, config.EndToken);
            found[b] = b * length + Math.Max(end, 0);
        }
        return tensor(found, device: ids.device);

        static long Largest(ReadOnlySpan<long> row)
        {
            var largest = row[0];
            foreach (var id in row) largest = Math.Max(largest, id);
            return largest;
        }
    }
}
