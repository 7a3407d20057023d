using System.Globalization;
using System.Text.Json;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>The toy networks of the reference files: affine v = A x + t b + U e, or mlp v = W2 tanh(W1 (x, t, e) + b1) + b2, per token.</summary>
internal sealed class GoldenPolicy : FlowPolicy
{
    private readonly Weights network;
    private readonly Tensor encoder;
    private readonly bool isAffine;
    private readonly double[] sigmas, times;

    /// <param name="item">Has model, encoder, sigmas and timesteps.</param>
    /// <param name="latentShape">Tokens and channels of one latent.</param>
    /// <param name="sigmas">Noise levels that the network is asked at.</param>
    /// <param name="timesteps">The stored integer time of each.</param>
    /// <param name="dtype">Arithmetic.</param>
    public GoldenPolicy(JsonElement item, long[] latentShape, double[] sigmas, double[] timesteps, ScalarType dtype = ScalarType.Float64)
    {
        var model = item.At("model");
        isAffine = model.Text("kind") switch { "affine" => true, "mlp" => false, var kind => throw new NotSupportedException($"toy network {kind}") };
        Names = isAffine ? ["A", "b", "U"] : ["W1", "b1", "W2", "b2"];
        network = new([.. Names.Select(n => model.At(n).Tensor(dtype: dtype))]);
        encoder = item.At("encoder").Tensor(dtype: dtype).squeeze(1).DetachFromDisposeScope();       // [prompts, E]
        (LatentShape, this.sigmas, times) = (latentShape, sigmas, timesteps);
    }

    public string[] Names { get; }

    public override nn.Module Network => network;

    public override IReadOnlyList<long> LatentShape { get; }

    public override Conditioning Encode(IReadOnlyList<string> prompts) =>
        new(encoder.index_select(0, tensor(prompts.Select(p => long.Parse(p, CultureInfo.InvariantCulture)).ToArray())).DetachFromDisposeScope());

    public override Tensor Velocity(Tensor latents, double sigma, Conditioning conditioning)
    {
        var nearest = Enumerable.Range(0, times.Length).MinBy(i => Math.Abs(sigmas[i] - sigma));
        var (t, e, p) = (times[nearest] / 1000, conditioning.Tensors[0].unsqueeze(1), network.All);
        if (isAffine) return F.linear(latents, p[0]) + p[1] * t + F.linear(e, p[2]);
        var tokens = latents.shape[1];
        var u = cat([latents, full_like(latents.narrow(2, 0, 1), t), e.expand(-1, tokens, -1)], 2);  // [B, N, C + 1 + E]
        return F.linear(tanh(F.linear(u, p[0], p[1])), p[2], p[3]);
    }

    public override FlowPolicy Clone() => throw new NotSupportedException();

    /// <summary>All weights in the order of the file, row-major.</summary>
    public double[] Flat() => [.. network.All.SelectMany(p => p.detach().reshape(-1).to(float64).data<double>().ToArray())];

    /// <summary>All gradients in that order; zeros where none.</summary>
    public double[] Gradient() => [.. network.All.SelectMany(p => (p.grad ?? zeros_like(p)).reshape(-1).to(float64).data<double>().ToArray())];

    /// <summary>Puts gradients back.</summary>
    public void SetGradient(double[] flat)
    {
        var at = 0;
        foreach (var p in network.All)
        {
            p.grad = tensor(flat.AsSpan(at, (int)p.numel()).ToArray()).reshape(p.shape).to(p.dtype);
            at += (int)p.numel();
        }
    }

    /// <summary>Minus the mean squared distance to the prompt's target.</summary>
    public static RewardModel NegativeMse(Tensor targets) => (latents, prompts) =>
    {
        using var scope = NewDisposeScope();
        var own = targets.to(latents.dtype).index_select(0, tensor(prompts.Select(p => long.Parse(p, CultureInfo.InvariantCulture)).ToArray()));
        return [.. (latents - own).square().flatten(1).mean([1]).neg().to(float64).data<double>()];
    };

    private sealed class Weights : nn.Module
    {
        public readonly ParameterList All;

        public Weights(Tensor[] values) : base("toy")
        {
            All = new ParameterList([.. values.Select(v => new Parameter(v.DetachFromDisposeScope()))]);
            RegisterComponents();
        }
    }
}
