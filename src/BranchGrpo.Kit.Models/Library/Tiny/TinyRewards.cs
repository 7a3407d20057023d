using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Rewards;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Library.Tiny;

/// <summary>The tiny reward models, each in the files that its publisher offers.</summary>
internal static class TinyRewards
{
    private const int Side = 32, Patch = 8, Width = 32, Embedding = 24;
    private static readonly long[] HeadWidths = [Embedding, 32, 16, 8, 4, 1];

    /// <param name="folder">Gets a folder for each.</param>
    /// <param name="network">Writes networks.</param>
    /// <param name="vocabulary">Size of the pipelines' CLIP vocabulary, which HPS shares: its release has none of its own.</param>
    public static void Make(string folder, TinyNetwork network, int vocabulary)
    {
        MakeHps(Path.Combine(folder, "hps"), network, vocabulary);
        MakeClip(Path.Combine(folder, "pickscore"), network, "gelu");
        MakeClip(Path.Combine(folder, "clip-l"), network, "quick_gelu");
        MakeDfn(Path.Combine(folder, "dfn"), network);
        MakeImageReward(Path.Combine(folder, "imagereward"), network);
        MakeAesthetic(Path.Combine(folder, "aesthetic"), network);
    }

    /// <summary>The published file in float16, and the configuration that the published size has in code.</summary>
    private static void MakeHps(string folder, TinyNetwork network, int vocabulary)
    {
        var path = Path.Combine(folder, "config.json");
        TinyVocabularies.WriteJson(path, OpenClip(vocabulary, Side));
        using var model = new OpenClipModel(OpenClipConfig.Read(path), WeightFormat.Cpu);
        WritePickle(Path.Combine(folder, "HPS_v2.1_compressed.pt"), network.Random(model, folder), ScalarType.Float16, "state_dict");
    }

    private static void MakeDfn(string folder, TinyNetwork network)
    {
        var vocabulary = TinyVocabularies.WriteClip(folder);
        var path = Path.Combine(folder, "open_clip_config.json");
        TinyVocabularies.WriteJson(path, new
        {
            model_cfg = OpenClip(vocabulary, 2 * Side, quick: true),
            preprocess_cfg = new { interpolation = "bicubic", resize_mode = "squash" },
        });
        using var model = new OpenClipModel(OpenClipConfig.Read(path), WeightFormat.Cpu);
        WritePickle(Path.Combine(folder, "open_clip_pytorch_model.bin"), network.Random(model, folder), ScalarType.Float32);
    }

    private static void MakeClip(string folder, TinyNetwork network, string activation)
    {
        var vocabulary = TinyVocabularies.WriteClip(folder);
        TinyVocabularies.WriteJson(Path.Combine(folder, "preprocessor_config.json"), new
        {
            crop_size = Side, do_center_crop = true, do_convert_rgb = true, do_normalize = true, do_resize = true, resample = 3, size = Side,
            image_mean = new[] { 0.48145466, 0.4578275, 0.40821073 }, image_std = new[] { 0.26862954, 0.26130258, 0.27577711 },
        });
        network.Write(folder, new
        {
            architectures = new[] { "CLIPModel" },
            model_type = "clip",
            projection_dim = Embedding,
            text_config = new
            {
                eos_token_id = 2, hidden_act = activation, hidden_size = Width, intermediate_size = 2 * Width, max_position_embeddings = 77,
                model_type = "clip_text_model", num_attention_heads = 2, num_hidden_layers = 2, projection_dim = Embedding, vocab_size = vocabulary,
            },
            vision_config = new
            {
                hidden_act = activation, hidden_size = Width, image_size = Side, intermediate_size = 2 * Width, model_type = "clip_vision_model",
                num_attention_heads = 2, num_hidden_layers = 2, patch_size = Patch, projection_dim = Embedding,
            },
        }, path => new ClipModel(ClipConfig.Read(path), WeightFormat.Cpu), "model.safetensors");
    }

    private static void MakeImageReward(string folder, TinyNetwork network)
    {
        var vocabulary = TinyVocabularies.WriteBert(Path.Combine(folder, "vocab.txt"));
        TinyVocabularies.WriteJson(Path.Combine(folder, "med_config.json"), new
        {
            architectures = new[] { "BertModel" }, add_cross_attention = true, add_type_embeddings = false, encoder_width = Width, hidden_act = "gelu",
            hidden_size = Width, intermediate_size = 2 * Width, layer_norm_eps = 1e-12, max_position_embeddings = 40, model_type = "bert",
            num_attention_heads = 2, num_hidden_layers = 2, pad_token_id = 0, type_vocab_size = 2, vocab_size = vocabulary,
        });
        // What the published code fixes besides.
        TinyVocabularies.WriteJson(Path.Combine(folder, "config.json"), new { vit = new { img_size = Side, num_heads = 2 } });
        var config = new BlipConfig
        {
            ImageHeight = Side, ImageWidth = Side, PatchSize = Patch, VisionWidth = Width, VisionHidden = 2 * Width, VisionLayers = 2, VisionHeads = 2,
            TextWidth = Width, TextHidden = 2 * Width, TextLayers = 2, TextHeads = 2, TextEpsilon = 1e-12, TextActivation = "gelu", Vocabulary = vocabulary,
            Positions = 40, HeadWidths = [Width, 32, 16, 8, 4, 1],
        };
        using var model = new BlipReward(config, WeightFormat.Cpu);
        WritePickle(Path.Combine(folder, "ImageReward.pt"), network.Random(model, folder), ScalarType.Float32);
    }

    private static void MakeAesthetic(string folder, TinyNetwork network)
    {
        Directory.CreateDirectory(folder);
        using var head = new LinearHead(HeadWidths, WeightFormat.Cpu);
        WritePickle(Path.Combine(folder, "sac+logos+ava1-l14-linearMSE.pth"), network.Random(head, folder), ScalarType.Float32);
    }

    private static Dictionary<string, object> OpenClip(int vocabulary, int side, bool quick = false)
    {
        var config = new Dictionary<string, object>
        {
            ["embed_dim"] = Embedding,
            ["vision_cfg"] = new { image_size = side, layers = 2, width = Width, head_width = 16, patch_size = Patch },
            ["text_cfg"] = new { context_length = 77, vocab_size = vocabulary, width = Width, heads = 2, layers = 2 },
        };
        if (quick) config["quick_gelu"] = true;
        return config;
    }

    private static void WritePickle(string path, IReadOnlyList<KeyValuePair<string, Tensor>> weights, ScalarType type, string? key = null)
    {
        using var scope = NewDisposeScope();
        TorchArchive.Write(path, [.. weights.Select(w => KeyValuePair.Create(w.Key, w.Value.to(type)))], key);
    }
}
