using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes;

/// <summary>How far a policy has moved from the base policy.</summary>
internal static class ShapesDrift
{
    private static readonly Dynamics dynamics = new Dynamics.DanceSde(1);

    /// <summary>Σ over steps of KL(p ‖ p_base) = (μ − μ_base)²/(2·std²), mean over elements: the path divergence of the two policies' SDE rollouts
    /// (η = 1), with its expectation taken along the policy's own ODE paths.</summary>
    /// <param name="policy">Borrowed.</param>
    /// <param name="reference">The base policy; borrowed.</param>
    /// <param name="prompts">Length B.</param>
    /// <param name="steps">Steps of the path.</param>
    /// <param name="seed">Seed of the noise.</param>
    /// <returns>Mean over prompts, nats per element of the latent; 0 for the base policy itself.</returns>
    public static double KlToBase(FlowPolicy policy, FlowPolicy reference, IReadOnlyList<string> prompts, int steps, ulong seed)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var generator = new Generator(seed);
        using Conditioning own = policy.Encode(prompts), theirs = reference.Encode(prompts);
        var schedule = NoiseSchedule.Shifted(steps);
        var latents = randn([prompts.Count, .. policy.LatentShape], generator: generator).to(policy.Dtype).to(policy.Device);
        var total = 0.0;
        for (var i = 0; i < steps; i++)
        {
            Tensor velocity = policy.Velocity(latents, schedule[i], own), anchor = reference.Velocity(latents, schedule[i], theirs);
            var step = dynamics.Stochastic(schedule, i);
            total += GrpoLoss.Kl(step.Transition(latents, velocity).Mean, step.Transition(latents, anchor).Mean, step.Std, Reduction.Mean)
                .mean().to(ScalarType.Float64).item<double>();
            latents = Dynamics.Ode(schedule, i).Transition(latents, velocity).Mean;                             // [B, …]
        }
        return total;
    }
}
