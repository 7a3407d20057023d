using BranchGrpo.Kit.Shapes.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes.Pretraining;

/// <summary>The base policy: flow matching on captioned pictures whose captions are partly wrong.</summary>
/// <remarks>Loss E‖v(x_σ, σ, caption) − (ε − x₀)‖² per element, σ = sigmoid(1.2·n + 0.3), n ~ N(0, 1).</remarks>
internal sealed class PolicyTrainee : Trainee
{
    private readonly PretrainingOptions options;
    private readonly VelocityTransformer network;

    public PolicyTrainee(PretrainingOptions options) : base(options, 0)
    {
        this.options = options;
        using var generator = GeneratorOf(-1);
        network = new VelocityTransformer(options.Size, generator);
        network.to(Device);
    }

    public override nn.Module Network => network;

    public override double WeightDecay => 1e-3;

    public override double GradientNorm => 1;

    public override double LearningRate(int step) => options.LearningRate * Math.Min(1, (step + 1) / 100.0)
        * (0.95 * 0.5 * (1 + Math.Cos(Math.PI * step / options.PolicySteps)) + 0.05);

    public override double AverageShare(int steps) => 1 - Math.Min(0.998, (1.0 + steps) / (10 + steps));

    public override Tensor Loss(int step)
    {
        using var scope = NewDisposeScope();
        using var generator = GeneratorOf(step);
        long count = options.BatchSize;
        var truth = AttributesOf(randint(0, Caption.Total, [count], generator: generator, dtype: ScalarType.Int64));
        var counts = tensor(Caption.Counts.Select(c => (float)c).ToArray());
        var random = (rand([count, 4], generator: generator) * counts).floor().to(ScalarType.Int64);
        var told = where(rand([count, 4], generator: generator) < options.CaptionNoise, random, truth);           // [B, 4]
        var clean = options.Size.ToLatents(ShapesRenderer.Render(truth, generator));                              // [B, tokens, channels]
        var noise = randn(clean.shape, generator: generator);
        var sigma = sigmoid(randn([count], generator: generator) * 1.2 + 0.3);                                    // [B]
        var share = sigma.view(count, 1, 1);
        var noisy = (clean * (1 - share) + noise * share).to(Device);
        var velocity = network.call(noisy, sigma.to(Device), Words(told).to(Device));
        return (velocity - (noise - clean).to(Device)).square().mean().MoveToOuterDisposeScope();
    }

    public override double Quality(IEnumerable<KeyValuePair<string, Tensor>> weights)
    {
        using var policy = new ShapesPolicy(options.Size);
        policy.CopyFrom(weights);
        policy.MoveTo(Device);
        var captions = Enumerable.Range(0, Caption.Total / 2).Select(i => Caption.FromIndex(2 * i)).ToArray();
        using var latents = ShapesSampler.Sample(policy, [.. captions.Select(c => c.ToString())], 10, 7);
        using var pictures = options.Size.ToPictures(latents);
        return ShapesVerifier.Verify(pictures, captions).Average(v => v.All ? 1.0 : 0);
    }
}
