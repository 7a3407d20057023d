using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Text;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>The published rewards, from the files of their releases. A path is a weights file or the folder with it; networks run in the format's type
/// (float32 on the CPU by default), embeddings and scores in float32.</summary>
public static class ImageRewards
{
    /// <summary>HPSv2 or HPSv2.1, told apart by the file name, which <see cref="ImageReward.Source"/> says; a folder with both gives v2.1.</summary>
    /// <param name="path"><c>HPS_v2.1_compressed.pt</c> or its folder. Sizes are ViT-H-14's unless an open_clip configuration lies beside it.</param>
    /// <param name="format">Type and place of the network.</param>
    /// <param name="tokenizer">Folder with CLIP's vocab.json and merges.txt; that of the weights by default.</param>
    public static ImageReward Hps(string path, WeightFormat? format = null, string? tokenizer = null)
    {
        var file = RewardFiles.Choose(path, HpsRelease.Files, "HPS*.pt", "HPS*.safetensors");
        var config = OpenClipConfig.Beside(file) ?? OpenClipConfig.ViTH14;
        var release = HpsRelease.Of(file);
        var label = new RewardLabel(release.Name, $"HPSv2, {release.Range} ({file})",
            new($"cosine of picture and prompt; {release.Range}", "100 x cosine, as hpsv2.evaluate prints", 100));
        return OpenClip(label, config, ImagePipeline.Hps(config.Square()), file, format, tokenizer);
    }

    /// <summary>PickScore, raw as a cosine (the scale of DanceGRPO's and BranchGRPO's tables), published times exp(logit_scale).</summary>
    /// <param name="folder">With config.json, weights and tokenizer in the transformers layout.</param>
    /// <param name="format">Type and place of the network.</param>
    /// <param name="tokenizer">Folder with CLIP's vocab.json and merges.txt; that of the weights by default.</param>
    public static ImageReward PickScore(string folder, WeightFormat? format = null, string? tokenizer = null) =>
        Clip("pickscore", $"PickScore ({folder})", scale => new("cosine of picture and prompt; expect about .20 to .24",
            $"{scale:0.##} x cosine, as PickScore's release prints; expect about 20 to 23", scale), folder, format, tokenizer);

    /// <summary>CLIPScore: the cosine of a CLIP in the open_clip layout (<c>open_clip_config.json</c>: MixGRPO takes DFN5B-CLIP-ViT-H-14-384) or in that of
    /// transformers (OpenAI's CLIP-L).</summary>
    /// <param name="folder">With configuration and weights.</param>
    /// <param name="format">Type and place of the network.</param>
    /// <param name="tokenizer">Folder with CLIP's vocab.json and merges.txt; that of the weights by default.</param>
    public static ImageReward ClipScore(string folder, WeightFormat? format = null, string? tokenizer = null)
    {
        RewardScale Scale(double factor) => new("cosine of picture and prompt, as MixGRPO takes it", $"{factor:0.##} x cosine, the network's logit", factor);
        var config = Path.Combine(folder, "open_clip_config.json");
        if (!File.Exists(config)) return Clip("clipscore", $"CLIPScore of a transformers CLIP ({folder})", Scale, folder, format, tokenizer);
        var open = OpenClipConfig.Read(config);
        var weights = RewardFiles.Choose(folder, ["open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin"],
            "model.safetensors", "*.bin", "*.pt");
        return OpenClip(new("clipscore", $"CLIPScore of an open_clip network ({weights})", Scale(1)), open, open.Pipeline(), weights, format, tokenizer, Scale);
    }

    /// <summary>ImageReward, standardised as its release does.</summary>
    /// <param name="path"><c>ImageReward.pt</c> or its folder, with <c>med_config.json</c> beside it.</param>
    /// <param name="format">Type and place of the network.</param>
    /// <param name="tokenizer">Folder with the vocab.txt of bert-base-uncased; that of the weights by default.</param>
    public static ImageReward ImageReward(string path, WeightFormat? format = null, string? tokenizer = null)
    {
        format ??= WeightFormat.Cpu;
        var file = RewardFiles.Choose(path, ["ImageReward.pt"], "ImageReward*.pt", "ImageReward*.safetensors", "model.safetensors");
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        using var weights = Checkpoint.Open(file);
        var config = BlipConfig.Read(folder, weights);
        var bert = RewardFiles.BertTokenizer(tokenizer, file, BlipConfig.TextLength);
        var network = RewardFiles.Filled(new BlipReward(config, format), file, BlipReward.Rename);
        return new BlipImageReward(new("imagereward", $"ImageReward ({file})", new("standardised score; expect about -2 to 2", "the same")),
            network, ImagePipeline.ImageReward(config.Square()), bert, format);
    }

    /// <summary>LAION's aesthetic predictor over CLIP-L.</summary>
    /// <param name="head"><c>sac+logos+ava1-l14-linearMSE.pth</c> or its folder.</param>
    /// <param name="clip">Folder of CLIP-L in the transformers layout.</param>
    /// <param name="format">Type and place of the network.</param>
    public static ImageReward Aesthetic(string head, string clip, WeightFormat? format = null)
    {
        format ??= WeightFormat.Cpu;
        var file = RewardFiles.Choose(head, ["sac+logos+ava1-l14-linearMSE.pth"], "*.pth", "*aesthetic*.safetensors");
        long[] widths;
        using (var weights = Checkpoint.Open(file)) widths = LinearHead.Widths(weights);
        var config = ClipConfig.Read(Path.Combine(clip, "config.json"));
        if (widths[0] != config.Projection)
            throw new InvalidDataException($"{file} reads embeddings of {widths[0]} numbers, but the CLIP in {clip} makes {config.Projection}: "
                + "name the folder of CLIP-L");
        var layers = RewardFiles.Filled(new LinearHead(widths, format with { Dtype = TorchSharp.torch.ScalarType.Float32 }), file);
        var label = new RewardLabel("aesthetic", $"LAION aesthetic head ({file}) over CLIP ({clip})",
            new("about 4 to 7; the prompt does not matter", "the same"));
        var network = RewardFiles.Filled(new ClipModel(config, format), clip, ClipModel.Rename);
        return new AestheticReward(label, network, layers, Pipeline(clip, config), format);
    }

    private static ImageReward Clip(
        string name, string source, Func<double, RewardScale> scale, string folder, WeightFormat? format, string? tokenizer)
    {
        format ??= WeightFormat.Cpu;
        var config = ClipConfig.Read(Path.Combine(folder, "config.json"));
        var tokens = RewardFiles.ClipTokenizer(tokenizer, folder, ClipVariant.Fast);
        var network = RewardFiles.Filled(new ClipModel(config, format), folder, ClipModel.Rename);
        return new ContrastiveReward(new(name, source, scale(network.Factor())), network, Pipeline(folder, config),
            text => tokens.Encode(text, config.Text.Positions), format);
    }

    private static ImageReward OpenClip(RewardLabel label, OpenClipConfig config, ImagePipeline pipeline, string weights, WeightFormat? format,
        string? tokenizer, Func<double, RewardScale>? scale = null)
    {
        format ??= WeightFormat.Cpu;
        RewardFiles.Expect(weights, "visual.conv1.weight", "an open_clip network");
        var tokens = RewardFiles.ClipTokenizer(tokenizer, weights, ClipVariant.OpenClip);
        var network = RewardFiles.Filled(new OpenClipModel(config, format), weights);
        if (scale is not null) label = label with { Scale = scale(network.Factor()) };
        return new ContrastiveReward(label, network, pipeline, text => tokens.Encode(text, (int)config.Text.ContextLength), format);
    }

    private static ImagePipeline Pipeline(string folder, ClipConfig config) => Path.Combine(folder, "preprocessor_config.json") is var file && File.Exists(file)
        ? ImagePipeline.ReadHfClip(file) : ImagePipeline.HfClip((int)config.ImageSide);
}
