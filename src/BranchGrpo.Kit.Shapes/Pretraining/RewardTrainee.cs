using BranchGrpo.Kit.Shapes.Networks;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BranchGrpo.Kit.Shapes.Pretraining;

/// <summary>A reward: contrastive between 96 captions, and preferring each picture to a spoiled twin.</summary>
/// <remarks>
/// InfoNCE in both directions + ½·softplus(8·(s(spoiled) − s(clean))). Spoiled in five equal parts: noise or tiled texture, blur, fading,
/// a second object, a blend with another picture.
/// </remarks>
internal sealed class RewardTrainee : Trainee
{
    private const int Batch = 96, Side = ShapesRenderer.Side;
    private readonly PretrainingOptions options;
    private readonly RewardDesign design;
    private readonly DualEncoder network;

    public RewardTrainee(PretrainingOptions options, RewardDesign design) : base(options, design.SeedOffset)
    {
        this.options = options;
        this.design = design;
        using var generator = GeneratorOf(-1);
        network = new DualEncoder(design, generator);
        network.to(Device);
    }

    public override nn.Module Network => network;

    public override double WeightDecay => 1e-4;

    public override double GradientNorm => double.PositiveInfinity;

    public override double LearningRate(int step) =>
        2e-3 * 0.5 * (1 + Math.Cos(Math.PI * step / options.RewardSteps)) * Math.Min(1, (step + 1) / 50.0);

    public override double AverageShare(int steps) => 1;

    public override Tensor Loss(int step)
    {
        using var scope = NewDisposeScope();
        using var g = GeneratorOf(step);
        var attributes = AttributesOf(randperm(Caption.Total, generator: g, dtype: ScalarType.Int64).narrow(0, 0, Batch));
        var pictures = ShapesRenderer.Render(attributes, g);                                   // [96, 3, 32, 32]
        if (design.TextureRobust)
            pictures = pictures + randn(pictures.shape, generator: g) * Uniform(Batch, 0, 0.12, g) + Tiles(Batch, g) * Uniform(Batch, 0, 0.1, g)
                + randn([Batch, 3, 1, 1], generator: g) * Uniform(Batch, 0, 0.08, g);
        var spoiled = Spoil(pictures, g);
        var seen = network.Pictures(pictures.to(Device));                                     // [96, 64]
        var read = network.Captions(Words(attributes).to(Device));
        var logits = seen.mm(read.t()) * network.Sharpness();                                  // [96, 96]
        var diagonal = arange(Batch, dtype: ScalarType.Int64, device: Device);
        var contrast = (F.cross_entropy(logits, diagonal) + F.cross_entropy(logits.t(), diagonal)) * 0.5;
        var better = (seen * read).sum(1);                                                     // [96]
        var worse = (network.Pictures(spoiled.to(Device)) * read).sum(1);
        return (contrast + F.softplus((worse - better) * 8).mean() * 0.5).MoveToOuterDisposeScope();
    }

    private Tensor Spoil(Tensor pictures, Generator g)
    {
        using var scope = NewDisposeScope();
        const int part = Batch / 5, rest = Batch - 4 * part;
        Tensor Part(int i, int count = part) => pictures.narrow(0, i * part, count);
        var dirty = design.TextureRobust
            ? Part(0) + Tiles(part, g) * Uniform(part, 0.15, 0.4, g)
            : Part(0) + randn([part, 3, Side, Side], generator: g) * Uniform(part, 0.1, 0.6, g);
        var blurred = Part(1);
        for (var pass = 0; pass < 3; pass++) blurred = F.avg_pool2d(blurred, 5, 1, 2, false, false);
        var strength = Uniform(part, 0.2, 0.6, g);
        var faded = Part(2) * strength - (1 - strength) * 0.6;
        var crowded = maximum(Part(3), Others(part, g));
        var mix = Uniform(rest, 0.3, 0.4, g);
        var blended = Part(4, rest) * mix + Others(rest, g) * (1 - mix);
        return cat([dirty, blurred, faded, crowded, blended], 0).MoveToOuterDisposeScope();
    }

    private static Tensor Others(int count, Generator g) =>
        ShapesRenderer.Render(AttributesOf(randint(0, Caption.Total, [count], generator: g, dtype: ScalarType.Int64)), g);

    private static Tensor Uniform(int count, double low, double range, Generator g) => rand([count, 1, 1, 1], generator: g) * range + low;

    /// <summary>An 8 × 8 pattern of noise repeated over the picture.</summary>
    private static Tensor Tiles(int count, Generator g) => randn([count, 3, 8, 8], generator: g).repeat(1, 1, Side / 8, Side / 8);

    public override double Quality(IEnumerable<KeyValuePair<string, Tensor>> weights)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var generator = GeneratorOf(-2);
        var attributes = ShapesRenderer.Attributes(Caption.All);
        var pictures = ShapesRenderer.Render(attributes, generator).to(Device);
        var cosines = network.Pictures(pictures).mm(network.Captions(Words(attributes).to(Device)).t()).cpu();
        return cosines.argmax(1).eq(arange(Caption.Total, dtype: ScalarType.Int64)).to(ScalarType.Float64).mean().item<double>();
    }
}
