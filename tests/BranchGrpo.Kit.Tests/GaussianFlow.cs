using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests;

/// <summary>The exact velocity of a flow whose data are N(mean, 0.5²) in every element, with the mean trained: everything about it is known in closed
/// form.</summary>
internal sealed class GaussianFlow : FlowPolicy, ILevelPerRow
{
    public const double DataStd = 0.5;
    private readonly MeanModule network;

    public GaussianFlow(int elements = 16, double mean = 0, ScalarType dtype = ScalarType.Float64) =>
        network = new(full(elements, mean, dtype: dtype));

    public override nn.Module Network => network;

    public override IReadOnlyList<long> LatentShape => [network.Mean.shape[0]];

    public Parameter Mean => network.Mean;

    /// <summary>Latents that went through the network.</summary>
    public long Evaluated { get; private set; }

    /// <summary>Calls of the network.</summary>
    public int Calls { get; private set; }

    public override long ActivationBytes => 1;

    public override Conditioning Encode(IReadOnlyList<string> prompts) => new(zeros(prompts.Count, 1, dtype: Dtype).DetachFromDisposeScope());

    public override Tensor Velocity(Tensor latents, double sigma, Conditioning conditioning) =>
        VelocityPerRow(latents, full(1, sigma, dtype: latents.dtype), conditioning);

    public Tensor VelocityPerRow(Tensor latents, Tensor sigma, Conditioning conditioning)
    {
        Evaluated += latents.shape[0];
        Calls++;
        var level = sigma.unsqueeze(1);                                                            // [B, 1], or [1, 1] for all rows
        var (signal, variance) = (1 - level, (1 - level).square() * DataStd * DataStd + level.square());
        var centred = latents - network.Mean * signal;
        return centred * ((level - signal * DataStd * DataStd) / variance) - network.Mean;
    }

    /// <summary>v = slope·x + offset·mean.</summary>
    public static (double Slope, double Offset) Affine(double sigma)
    {
        var (signal, variance) = (1 - sigma, (1 - sigma) * (1 - sigma) * DataStd * DataStd + sigma * sigma);
        var slope = (sigma - signal * DataStd * DataStd) / variance;
        return (slope, -slope * signal - 1);
    }

    public override FlowPolicy Clone()
    {
        using var noGradient = no_grad();
        var copy = new GaussianFlow((int)network.Mean.shape[0], 0, network.Mean.dtype);
        copy.Mean.copy_(network.Mean);
        return copy;
    }

    private sealed class MeanModule : nn.Module
    {
        public readonly Parameter Mean;

        public MeanModule(Tensor mean) : base("mean")
        {
            Mean = new Parameter(mean.DetachFromDisposeScope());
            RegisterComponents();
        }
    }
}
