using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>BLIP's text encoder: BERT whose layers also attend to the picture. Post-norm; no token types; no causal mask.</summary>
internal sealed class BlipText : NamedModule
{
    // Of padding, added to the scores: not −∞, as in the published code, which matters in half precision only.
    private const double Hidden = -10000;
    private readonly Embedding words;
    private readonly Embedding positions;
    private readonly LayerNorm norm;
    private readonly Layer[] layers;

    public BlipText(BlipConfig config, WeightFormat format) : base(nameof(BlipText))
    {
        words = Add("embeddings.word_embeddings", new Embedding(config.Vocabulary, config.TextWidth, format));
        positions = Add("embeddings.position_embeddings", new Embedding(config.Positions, config.TextWidth, format));
        norm = Add("embeddings.LayerNorm", new LayerNorm(config.TextWidth, config.TextEpsilon, format));
        layers = [.. Enumerable.Range(0, config.TextLayers).Select(i => Add($"encoder.layer.{i}", new Layer(config, format)))];
    }

    /// <param name="ids">Shape [B, L], int64.</param>
    /// <param name="attended">1 for tokens, 0 for padding. Shape [B, L].</param>
    /// <param name="image">Tokens of the pictures. Shape [B, N, vision width].</param>
    /// <param name="probe">Is shown <c>embeddings</c>, every layer with its two attentions, and <c>last_hidden_state</c>.</param>
    /// <returns>Shape [B, L, width].</returns>
    public Tensor Forward(Tensor ids, Tensor attended, Tensor image, Probe? probe)
    {
        using var scope = NewDisposeScope();
        var x = norm.Forward(words.Forward(ids).add(positions.Table.narrow(0, 0, ids.shape[1])));  // [B, L, W]
        probe?.Invoke("embeddings", x);
        var mask = attended.eq(Scalars.Of(0)).view(ids.shape[0], 1, 1, -1).to(x.dtype).mul(Scalars.Of(Hidden));    // [B, 1, 1, L]
        for (var i = 0; i < layers.Length; i++)
        {
            x = layers[i].Forward(x, mask, image, probe.Under($"layer{i}"));
            probe?.Invoke($"layer{i}", x);
        }
        probe?.Invoke("last_hidden_state", x);
        return x.MoveToOuterDisposeScope();
    }

    private sealed class Layer : NamedModule
    {
        private readonly BertAttention own;
        private readonly BertAttention cross;
        private readonly Linear up;
        private readonly Linear down;
        private readonly LayerNorm norm;
        private readonly Func<Tensor, Tensor> activation;

        public Layer(BlipConfig config, WeightFormat format) : base(nameof(BlipText))
        {
            activation = Activation.Named(config.TextActivation);
            own = Add("attention", new BertAttention(config, config.TextWidth, format));
            cross = Add("crossattention", new BertAttention(config, config.VisionWidth, format));
            up = Add("intermediate.dense", new Linear(config.TextWidth, config.TextHidden, format));
            down = Add("output.dense", new Linear(config.TextHidden, config.TextWidth, format));
            norm = Add("output.LayerNorm", new LayerNorm(config.TextWidth, config.TextEpsilon, format));
        }

        public Tensor Forward(Tensor x, Tensor mask, Tensor image, Probe? probe)
        {
            using var scope = NewDisposeScope();
            x = own.Forward(x, x, mask);
            probe?.Invoke("self_attention", x);
            x = cross.Forward(x, image, null);
            probe?.Invoke("cross_attention", x);
            return norm.Forward(x.add(down.Forward(activation(up.Forward(x))))).MoveToOuterDisposeScope();
        }
    }

    /// <summary>norm(x + W·attention(x, source)).</summary>
    private sealed class BertAttention : NamedModule
    {
        private readonly Linear query;
        private readonly Linear key;
        private readonly Linear value;
        private readonly Linear output;
        private readonly LayerNorm norm;
        private readonly long heads;

        public BertAttention(BlipConfig config, long source, WeightFormat format) : base(nameof(BertAttention))
        {
            var width = config.TextWidth;
            heads = config.TextHeads;
            query = Add("self.query", new Linear(width, width, format));
            key = Add("self.key", new Linear(source, width, format));
            value = Add("self.value", new Linear(source, width, format));
            output = Add("output.dense", new Linear(width, width, format));
            norm = Add("output.LayerNorm", new LayerNorm(width, config.TextEpsilon, format));
        }

        public Tensor Forward(Tensor x, Tensor source, Tensor? mask)
        {
            using var scope = NewDisposeScope();
            Tensor Heads(Linear projection, Tensor of) => Attention.Split(projection.Forward(of), heads);
            var (q, k, v) = (Heads(query, x), Heads(key, source), Heads(value, source));           // [B, heads, L or N, width/heads]
            return norm.Forward(x.add(output.Forward(Attention.Of(q, k, v, mask: mask)))).MoveToOuterDisposeScope();
        }
    }
}
