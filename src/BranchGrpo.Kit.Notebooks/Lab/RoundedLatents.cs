using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>What becomes of the first ratio when a latent is stored in fewer bits than it was scored with.</summary>
public static class RoundedLatents
{
    /// <summary>ρ − 1 = exp(log p(x̃ | parent) − log p(x | parent)) − 1 of every stochastic edge, where x̃ is the stored x rounded to a type; the
    /// policy has not changed, so ρ should be 1.</summary>
    /// <param name="tree">Grown by the policy; borrowed.</param>
    /// <param name="policy">Borrowed.</param>
    /// <param name="type">Such as bfloat16.</param>
    /// <param name="microBatch">Latents per policy call.</param>
    /// <returns>Denoising step and mean ρ − 1 over the edges that leave it, log-densities averaged over elements.</returns>
    public static IReadOnlyList<(int Step, double Error)> Ratios(RolloutTree tree, FlowPolicy policy, ScalarType type, int microBatch = 8)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var plan = tree.Plan;
        return [.. Enumerable.Range(0, plan.Depth).Where(i => plan.Steps[i].IsStochastic).Select(i => (i, Error(i)))];

        double Error(int i)
        {
            using var inner = NewDisposeScope();
            var transition = plan.Dynamics.Stochastic(plan.Schedule, i).Transition(tree.Level(i), Velocity(i));
            var children = tree.Level(i + 1);
            var exact = transition.LogProb(children, Reduction.Mean);
            var rounded = transition.LogProb(children.to(type).to(children.dtype), Reduction.Mean);
            return rounded.sub(exact).to(float64).expm1().mean().item<double>();
        }

        Tensor Velocity(int i)
        {
            var latents = tree.Level(i);
            var first = tree.LevelStart(i);
            return cat([.. Enumerable.Range(0, (int)latents.shape[0]).Chunk(microBatch).Select(rows =>
            {
                using var conditioning = policy.Encode([.. rows.Select(r => tree.Prompts[tree.Prompt[first + r]])]);
                return policy.Velocity(latents.narrow(0, rows[0], rows.Length), plan.Schedule[i], conditioning);
            })], 0);                                                            // [n_i, …latent]
        }
    }
}
