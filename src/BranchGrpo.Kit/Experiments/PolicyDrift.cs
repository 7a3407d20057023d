using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>How far a policy has moved from the base policy.</summary>
public static class PolicyDrift
{
    private static readonly Dynamics dynamics = new Dynamics.DanceSde(1);

    /// <summary>Σ over steps of KL(p ‖ p_base) = (μ − μ_base)²/(2·std²), mean over elements: the path divergence of the two policies' SDE rollouts
    /// (η = 1), with its expectation taken along the policy's own ODE paths.</summary>
    /// <param name="policy">Borrowed.</param>
    /// <param name="reference">The base policy; borrowed.</param>
    /// <param name="prompts">Length B.</param>
    /// <param name="schedule">Noise levels of the path.</param>
    /// <param name="seed">Seed of the noise.</param>
    /// <param name="microBatch">Latents per policy call; it changes neither draws nor law.</param>
    /// <returns>Mean over prompts, nats per element of the latent; 0 for the base policy itself.</returns>
    public static double KlToBase(
        FlowPolicy policy, FlowPolicy reference, IReadOnlyList<string> prompts, NoiseSchedule schedule, ulong seed, int microBatch = 64)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var generator = new Generator(seed);
        var noise = randn([prompts.Count, .. policy.LatentShape], generator: generator).to(policy.Dtype, policy.Device);    // [B, …]
        return Batches.Of(prompts.Count, Require.AtLeast(microBatch, 1)).Sum(part =>
        {
            using var inner = NewDisposeScope();
            return Along(policy, reference, [.. prompts.Skip(part.Start).Take(part.Count)], schedule, noise.narrow(0, part.Start, part.Count));
        }) / prompts.Count;
    }

    private static double Along(FlowPolicy policy, FlowPolicy reference, IReadOnlyList<string> prompts, NoiseSchedule schedule, Tensor latents)
    {
        using Conditioning own = policy.Encode(prompts), theirs = reference.Encode(prompts);
        var total = 0.0;
        for (var i = 0; i < schedule.Steps; i++)
        {
            Tensor velocity = policy.Velocity(latents, schedule[i], own), anchor = reference.Velocity(latents, schedule[i], theirs);
            var step = dynamics.Stochastic(schedule, i);
            total += GrpoLoss.Kl(step.Transition(latents, velocity).Mean, step.Transition(latents, anchor).Mean, step.Std, Reduction.Mean)
                .sum().to(ScalarType.Float64).item<double>();
            latents = Dynamics.Ode(schedule, i).Transition(latents, velocity).Mean;                             // [B, …]
        }
        return total;
    }
}
