namespace BranchGrpo.Kit.Models.Library.Tiny;

/// <summary>Configurations of the tiny image models, with the keys of the published ones.</summary>
internal static class TinyPipelines
{
    /// <summary>Latent channels, as published: pictures are an eighth of them across.</summary>
    private const int Latent = 16;

    public const int ClipWidth = 32, BigWidth = 48, FluxT5Width = 32, Sd3T5Width = 96;

    public static object FluxTransformer => new
    {
        _class_name = "FluxTransformer2DModel",
        attention_head_dim = 16,
        axes_dims_rope = new[] { 4, 6, 6 },
        guidance_embeds = true,
        in_channels = 4 * Latent,
        joint_attention_dim = FluxT5Width,
        num_attention_heads = 2,
        num_layers = 1,
        num_single_layers = 2,
        patch_size = 1,
        pooled_projection_dim = ClipWidth,
    };

    public static object Sd3Transformer => new
    {
        _class_name = "SD3Transformer2DModel",
        attention_head_dim = 16,
        caption_projection_dim = 32,
        dual_attention_layers = new[] { 0 },
        in_channels = Latent,
        joint_attention_dim = Sd3T5Width,
        num_attention_heads = 2,
        num_layers = 2,
        out_channels = Latent,
        patch_size = 2,
        pooled_projection_dim = ClipWidth + BigWidth,
        pos_embed_max_size = 24,
        qk_norm = "rms_norm",
        sample_size = 16,
    };

    public static object Autoencoder(double scaling, double shift) => new
    {
        _class_name = "AutoencoderKL",
        act_fn = "silu",
        block_out_channels = new[] { 16, 16, 32, 32 },
        down_block_types = Enumerable.Repeat("DownEncoderBlock2D", 4),
        force_upcast = true,
        in_channels = 3,
        latent_channels = Latent,
        layers_per_block = 1,
        mid_block_add_attention = true,
        norm_num_groups = 8,
        out_channels = 3,
        sample_size = 64,
        scaling_factor = scaling,
        shift_factor = shift,
        up_block_types = Enumerable.Repeat("UpDecoderBlock2D", 4),
        use_post_quant_conv = false,
        use_quant_conv = false,
    };

    /// <summary>A CLIP text encoder; with a projection (SD3) its width is the encoder's own.</summary>
    public static object ClipText(int width, int vocabulary, bool projects, string activation) => new
    {
        architectures = new[] { projects ? "CLIPTextModelWithProjection" : "CLIPTextModel" },
        bos_token_id = 0,
        eos_token_id = 2,                                                       // as in old published files: stands for the largest id
        hidden_act = activation,
        hidden_size = width,
        intermediate_size = 2 * width,
        layer_norm_eps = 1e-5,
        max_position_embeddings = 77,
        model_type = "clip_text_model",
        num_attention_heads = width / 16,
        num_hidden_layers = 2,
        pad_token_id = 1,
        projection_dim = width,
        vocab_size = vocabulary,
    };

    public static object T5(int width, int vocabulary) => new
    {
        architectures = new[] { "T5EncoderModel" },
        d_ff = 2 * width,
        d_kv = 16,
        d_model = width,
        feed_forward_proj = "gated-gelu",
        layer_norm_epsilon = 1e-6,
        model_type = "t5",
        num_heads = 2,
        num_layers = 2,
        relative_attention_max_distance = 128,
        relative_attention_num_buckets = 32,
        vocab_size = vocabulary,
    };

    /// <summary>Which folder of a pipeline holds which class.</summary>
    public static object Index(string pipeline, params string[] parts) =>
        new Dictionary<string, object>(parts.Select(p => KeyValuePair.Create(p, (object)p))) { ["_class_name"] = pipeline };

    public static object Scheduler => new
    {
        _class_name = "FlowMatchEulerDiscreteScheduler",
        base_image_seq_len = 256,
        base_shift = 0.5,
        max_image_seq_len = 4096,
        max_shift = 1.15,
        num_train_timesteps = 1000,
        shift = 3.0,
        use_dynamic_shifting = true,
    };
}
