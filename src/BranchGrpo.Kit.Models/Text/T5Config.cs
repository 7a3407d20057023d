using BranchGrpo.Kit.Models.Files;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>Sizes of a T5 v1.1 encoder, as its <c>config.json</c> states them.</summary>
internal sealed record T5Config
{
    /// <summary>Number of token embeddings; may exceed the tokenizer's entries.</summary>
    public int Vocabulary { get; init; } = 32128;

    /// <summary>Width of the states, D.</summary>
    public int Width { get; init; } = 512;

    /// <summary>Width of one head; heads times it need not be D.</summary>
    public int HeadWidth { get; init; } = 64;

    /// <summary>Width inside the feed-forward part.</summary>
    public int Inner { get; init; } = 2048;

    /// <summary>Number of blocks.</summary>
    public int Layers { get; init; } = 6;

    /// <summary>Number of heads.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>Number of relative distances that are told apart, both directions together.</summary>
    public int Buckets { get; init; } = 32;

    /// <summary>Distances from here on share a bucket.</summary>
    public int MaxDistance { get; init; } = 128;

    /// <summary>ε of every norm.</summary>
    public double Epsilon { get; init; } = 1e-6;

    /// <summary>Reads an encoder's configuration; absent entries have the published defaults.</summary>
    /// <exception cref="InvalidDataException">Not a T5 v1.1: another feed-forward part, or UMT5, which has a bias in every block.</exception>
    public static T5Config Read(string path)
    {
        var json = ModelConfig.Read(path);
        json.Expect("model_type", "t5", "t5");
        json.Expect("feed_forward_proj", "relu", "gated-gelu");
        var read = new T5Config();
        return read with
        {
            Vocabulary = json.Int("vocab_size", read.Vocabulary),
            Width = json.Int("d_model", read.Width),
            HeadWidth = json.Int("d_kv", read.HeadWidth),
            Inner = json.Int("d_ff", read.Inner),
            Layers = json.Int("num_layers", read.Layers),
            Heads = json.Int("num_heads", read.Heads),
            Buckets = json.Int("relative_attention_num_buckets", read.Buckets),
            MaxDistance = json.Int("relative_attention_max_distance", read.MaxDistance),
            Epsilon = json.Double("layer_norm_epsilon", read.Epsilon),
        };
    }
}
