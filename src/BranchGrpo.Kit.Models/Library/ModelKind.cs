namespace BranchGrpo.Kit.Models.Library;

/// <summary>The published models that the kit knows.</summary>
public enum ModelKind
{
    /// <summary>A FLUX pipeline in the diffusers layout.</summary>
    Flux,

    /// <summary>A Stable Diffusion 3 or 3.5 pipeline in the diffusers layout.</summary>
    StableDiffusion3,

    /// <summary>HPSv2 or HPSv2.1, a <c>.pt</c> file.</summary>
    Hps,

    /// <summary>PickScore: a CLIP in the transformers layout with exact GELU.</summary>
    PickScore,

    /// <summary>ImageReward: a <c>.pt</c> file and <c>med_config.json</c>.</summary>
    ImageReward,

    /// <summary>An open_clip model with its <c>open_clip_config.json</c>, such as DFN5B-CLIP-ViT-H-14-384.</summary>
    OpenClip,

    /// <summary>OpenAI's CLIP-L in the transformers layout (quick GELU): CLIPScore, and the base of the aesthetic head.</summary>
    ClipL,

    /// <summary>The LAION aesthetic head, a <c>.pth</c> file over CLIP-L.</summary>
    Aesthetic,
}

/// <summary>Where published models come from.</summary>
public static class ModelKinds
{
    /// <summary>The name people use.</summary>
    public static string Title(this ModelKind kind) => kind switch
    {
        ModelKind.Flux => "FLUX",
        ModelKind.StableDiffusion3 => "Stable Diffusion 3",
        ModelKind.Hps => "HPS",
        ModelKind.PickScore => "PickScore",
        ModelKind.ImageReward => "ImageReward",
        ModelKind.OpenClip => "OpenCLIP (CLIPScore)",
        ModelKind.ClipL => "CLIP-L (CLIPScore, aesthetic)",
        _ => "aesthetic head",
    };

    /// <summary>Where its publisher offers it, how large it is there and under which terms.</summary>
    public static string Origin(this ModelKind kind) => kind switch
    {
        ModelKind.Flux => "huggingface.co/black-forest-labs/FLUX.1-dev, 34 GB, gated, non-commercial",
        ModelKind.StableDiffusion3 => "huggingface.co/stabilityai/stable-diffusion-3.5-medium, 16 GB, gated, Stability Community licence",
        ModelKind.Hps => "huggingface.co/xswu/HPSv2, HPS_v2.1_compressed.pt, 2.0 GB, Apache-2.0",
        ModelKind.PickScore => "huggingface.co/yuvalkirstain/PickScore_v1, 3.9 GB",
        ModelKind.ImageReward => "huggingface.co/THUDM/ImageReward, ImageReward.pt and med_config.json, 1.8 GB, Apache-2.0; "
            + "and vocab.txt of google-bert/bert-base-uncased beside them",
        ModelKind.OpenClip => "huggingface.co/apple/DFN5B-CLIP-ViT-H-14-384, 3.9 GB, Apple research licence",
        ModelKind.ClipL => "huggingface.co/openai/clip-vit-large-patch14, 1.7 GB, MIT",
        _ => "github.com/christophschuhmann/improved-aesthetic-predictor, sac+logos+ava1-l14-linearMSE.pth, 3.7 MB",
    };
}
