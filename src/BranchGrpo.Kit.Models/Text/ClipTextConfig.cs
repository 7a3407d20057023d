using BranchGrpo.Kit.Models.Files;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>Sizes of a CLIP text encoder, as its <c>config.json</c> states them.</summary>
internal sealed record ClipTextConfig
{
    /// <summary>Number of token embeddings.</summary>
    public int Vocabulary { get; init; } = 49408;

    /// <summary>Width of the states, D.</summary>
    public int Width { get; init; } = 512;

    /// <summary>Width inside the feed-forward part.</summary>
    public int Inner { get; init; } = 2048;

    /// <summary>Number of blocks.</summary>
    public int Layers { get; init; } = 12;

    /// <summary>Number of heads; D is a multiple of it.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>Number of position embeddings, the greatest length.</summary>
    public int Positions { get; init; } = 77;

    /// <summary>Name of the activation.</summary>
    public string Activation { get; init; } = "quick_gelu";

    /// <summary>ε of every LayerNorm.</summary>
    public double Epsilon { get; init; } = 1e-5;

    /// <summary>The end token that marks the pooled position; 2 stands for the position of the largest id.</summary>
    public int EndToken { get; init; } = 49407;

    /// <summary>Width of the projected vector; 0 for an encoder without projection.</summary>
    public int Projection { get; init; }

    /// <summary>Reads a text encoder's configuration. The projection's width counts where <c>architectures</c> names a class with a projection.</summary>
    public static ClipTextConfig Read(string path)
    {
        var root = ModelConfig.Read(path);
        return From(root, root.Texts("architectures").Any(c => c.EndsWith("WithProjection", StringComparison.Ordinal)));
    }

    /// <summary>The configuration in a JSON file or a part of one; absent entries have the published defaults.</summary>
    /// <param name="json">A <c>clip_text_model</c> configuration, or the <c>text_config</c> of a whole CLIP model.</param>
    /// <param name="projects">Whether there is a projection.</param>
    public static ClipTextConfig From(ModelConfig json, bool projects)
    {
        var read = new ClipTextConfig();
        return read with
        {
            Vocabulary = json.Int("vocab_size", read.Vocabulary),
            Width = json.Int("hidden_size", read.Width),
            Inner = json.Int("intermediate_size", read.Inner),
            Layers = json.Int("num_hidden_layers", read.Layers),
            Heads = json.Int("num_attention_heads", read.Heads),
            Positions = json.Int("max_position_embeddings", read.Positions),
            Activation = json.Text("hidden_act") ?? read.Activation,
            Epsilon = json.Double("layer_norm_eps", read.Epsilon),
            EndToken = json.Int("eos_token_id", read.EndToken),
            Projection = projects ? json.Int("projection_dim", 512) : 0,
        };
    }
}
