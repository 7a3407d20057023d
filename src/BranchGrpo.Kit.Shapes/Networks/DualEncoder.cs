using BranchGrpo.Kit.Native;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BranchGrpo.Kit.Shapes.Networks;

/// <summary>Picture and caption as unit vectors of 64 numbers; their inner product says how well they fit.</summary>
internal sealed class DualEncoder : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly Convolution first;
    private readonly Convolution second;
    private readonly Convolution third;
    private readonly Dense pictureHidden;
    private readonly Dense pictureOut;
    private readonly Dense captionHidden;
    private readonly Dense captionOut;
    private readonly Parameter vocabulary;
    private readonly Parameter temperature;
    private readonly bool blurs;

    public DualEncoder(RewardDesign design, Generator generator) : base(nameof(DualEncoder))
    {
        blurs = design.TextureRobust;
        var width = design.Width;
        first = new Convolution(3, width, design.Kernel, generator);
        second = new Convolution(width, 2 * width, 3, generator);
        third = new Convolution(2 * width, 2 * width, 3, generator);
        pictureHidden = new Dense(2 * width * 16, 128, generator);
        pictureOut = new Dense(128, 64, generator);
        captionHidden = new Dense(128, 128, generator);
        captionOut = new Dense(128, 64, generator);
        vocabulary = Weights.Normal(generator, 1, Caption.Vocabulary, 32);
        temperature = new Parameter(tensor(MathF.Log(8)));
        temperature.DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>Factor of the cosines in the contrastive loss. Shape [].</summary>
    public Tensor Sharpness() => temperature.exp().clamp(max: 20);

    /// <param name="pictures">Shape [B, 3, 32, 32].</param>
    /// <returns>Shape [B, 64].</returns>
    public Tensor Pictures(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        var x = pictures.clamp(Scalars.Of(-1.2), Scalars.Of(1.2));
        if (blurs) x = F.avg_pool2d(x, 3, 1, 1, false, false);                                 // texture finer than three pixels earns nothing
        x = F.gelu(third.call(F.gelu(second.call(F.gelu(first.call(x))))));                    // [B, 2·width, 4, 4]
        x = pictureOut.call(F.gelu(pictureHidden.call(x.flatten(1))));
        return F.normalize(x, 2, 1, 1e-6).MoveToOuterDisposeScope();
    }

    /// <param name="words">Shape [B, 4], int64.</param>
    /// <returns>Shape [B, 64].</returns>
    public Tensor Captions(Tensor words)
    {
        using var scope = NewDisposeScope();
        var x = vocabulary.index_select(0, words.reshape(-1)).view(words.shape[0], 4 * 32);    // [B, 128]
        x = captionOut.call(F.gelu(captionHidden.call(x)));
        return F.normalize(x, 2, 1, 1e-6).MoveToOuterDisposeScope();
    }

    /// <returns>Cosine of each picture with its caption. Shape [B].</returns>
    public override Tensor forward(Tensor pictures, Tensor words)
    {
        using var scope = NewDisposeScope();
        return (Pictures(pictures) * Captions(words)).sum(1).MoveToOuterDisposeScope();
    }
}
