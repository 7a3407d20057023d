using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Images;

/// <summary>What happens to an image before a reward network sees it. Each network was trained behind its own.</summary>
public abstract class ImagePipeline
{
    private protected ImagePipeline(string name, int height, int width, ImageNormalisation? normalisation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        (Name, Height, Width, Normalisation) = (name, height, width, normalisation ?? ImageNormalisation.Clip);
    }

    /// <summary>For messages and tables.</summary>
    public string Name { get; }

    /// <summary>Rows of the result.</summary>
    public int Height { get; }

    /// <summary>Columns of the result.</summary>
    public int Width { get; }

    /// <summary>Mean and standard deviation.</summary>
    public ImageNormalisation Normalisation { get; }

    /// <summary>HPSv2: float bicubic of the longest side with antialias, zeros around it to a square, normalised. Not clamped, so values may lie beyond
    /// those of black and white; the zeros become −mean/std.</summary>
    /// <param name="size">Side of the square.</param>
    /// <param name="antialias">False for what torchvision before 0.17 did; the training repositories pin newer ones.</param>
    /// <param name="normalisation">CLIP's by default.</param>
    /// <remarks>The published transform leaves an image whose longest side already has the right size without its zeros, which the network refuses; here
    /// it gets them.</remarks>
    public static ImagePipeline Hps(int size = 224, bool antialias = true, ImageNormalisation? normalisation = null) =>
        new LetterboxPipeline(size, antialias, normalisation);

    /// <summary>CLIP in transformers (PickScore, CLIP-L): colours, 8-bit bicubic of the shortest side, centre crop, normalised.</summary>
    /// <param name="size">Side of the square.</param>
    /// <param name="normalisation">CLIP's by default.</param>
    public static ImagePipeline HfClip(int size = 224, ImageNormalisation? normalisation = null) =>
        new CropPipeline("hf_clip", size, size, normalisation) { Resize = new CropPipeline.ShortestSide(size), ColoursFirst = true, FloorOffset = true };

    /// <summary>The same as its <c>preprocessor_config.json</c> says.</summary>
    /// <param name="path">The file.</param>
    public static ImagePipeline ReadHfClip(string path) => HfClipConfig.Read(path);

    /// <summary>OpenCLIP: 8-bit bicubic of the shortest side in the file's own mode, centre crop, colours, normalised.</summary>
    /// <param name="size">Side of the square.</param>
    /// <param name="normalisation">CLIP's by default.</param>
    public static ImagePipeline OpenClipShortest(int size = 224, ImageNormalisation? normalisation = null) =>
        new CropPipeline("openclip_shortest", size, size, normalisation) { Resize = new CropPipeline.ShortestSide(size) };

    /// <summary>OpenCLIP's squashing networks (DFN): both sides to the size in the file's own mode, colours, normalised.</summary>
    /// <param name="size">Side of the square.</param>
    /// <param name="normalisation">CLIP's by default.</param>
    public static ImagePipeline OpenClipSquash(int size = 378, ImageNormalisation? normalisation = null) =>
        new CropPipeline("openclip_squash", size, size, normalisation) { Resize = new CropPipeline.BothSides(size, size) };

    /// <summary>ImageReward: the steps of <see cref="OpenClipShortest"/>.</summary>
    /// <param name="size">Side of the square.</param>
    /// <param name="normalisation">CLIP's by default.</param>
    public static ImagePipeline ImageReward(int size = 224, ImageNormalisation? normalisation = null) =>
        new CropPipeline("imagereward", size, size, normalisation) { Resize = new CropPipeline.ShortestSide(size) };

    /// <summary>One image.</summary>
    /// <returns>float32, shape [3, height, width], on the CPU; the caller owns it.</returns>
    public abstract Tensor Apply(Picture picture);

    /// <summary>Several images.</summary>
    /// <returns>float32, shape [B, 3, height, width], on the CPU; the caller owns it.</returns>
    public Tensor Apply(IReadOnlyList<Picture> pictures)
    {
        if (pictures.Count == 0) return empty([0, 3, Height, Width]);
        using var scope = NewDisposeScope();
        return stack(pictures.Select(Apply).ToArray()).MoveToOuterDisposeScope();
    }
}
