using BranchGrpo.Kit;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Cli.Tests;

/// <summary>A task of eight parameters: v = x·w + b, rewarded for samples near 1. A run takes milliseconds.</summary>
internal static class TinyTask
{
    public static readonly string[] Prompts = [.. Enumerable.Range(0, 12).Select(i => $"prompt {i}")];

    public static ExperimentTask Create(Func<FlowPolicy, EvaluationScores>? evaluate = null, Action? called = null) => new()
    {
        Name = "tiny",
        CreatePolicy = () => new Policy(called),
        TrainingPrompts = Prompts,
        Reward = (latents, _) =>
        {
            using var scope = NewDisposeScope();
            return [.. (-(latents - 1).square()).mean([1]).to(float64).data<double>()];
        },
        Evaluate = evaluate ?? (policy => new(new Dictionary<string, double> { ["reward"] = Weights(policy).Sum() })),
    };

    public static double[] Weights(FlowPolicy policy)
    {
        using var scope = NewDisposeScope();
        return [.. policy.Network.parameters().SelectMany(p => p.detach().to(float64).data<double>().ToArray())];
    }

    private sealed class Net : nn.Module
    {
        public readonly Parameter w = nn.Parameter(ones(4) * 0.1f);
        public readonly Parameter b = nn.Parameter(zeros(4));

        public Net() : base("tiny") => RegisterComponents();
    }

    private sealed class Policy(Action? called) : FlowPolicy
    {
        private readonly Net net = new();

        public override nn.Module Network => net;

        public override IReadOnlyList<long> LatentShape => [4];

        public override Conditioning Encode(IReadOnlyList<string> prompts) => new(zeros(prompts.Count, 1).DetachFromDisposeScope());

        public override Tensor Velocity(Tensor latents, double sigma, Conditioning conditioning)
        {
            called?.Invoke();
            return (latents * net.w) + net.b;
        }

        public override long ActivationBytes => 1;

        public override FlowPolicy Clone()
        {
            var copy = new Policy(called);
            copy.net.load_state_dict(net.state_dict());
            return copy;
        }
    }
}
