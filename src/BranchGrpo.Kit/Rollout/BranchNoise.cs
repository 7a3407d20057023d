using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>The law of the noise that the K children of a split draw. Outside splits a step draws plain N(0, I).</summary>
public abstract record BranchNoise
{
    private BranchNoise() { }

    /// <summary>ξ_b ~ N(0, I), independent between siblings.</summary>
    public sealed record Independent : BranchNoise;

    /// <summary>ξ_b = (ξ₀ + s·η_b)/√(1 + s²): each ξ_b ~ N(0, I), siblings correlated by 1/(1 + s²), so leaves keep the law of a plain
    /// rollout.</summary>
    /// <param name="Strength">s ≥ 0; the paper's best is 4, ∞ is independent, 0 makes siblings equal.</param>
    /// <remarks>BranchGRPO, arXiv 2509.06040v5, Eq. 2.</remarks>
    public sealed record Correlated(double Strength = 4) : BranchNoise
    {
        /// <summary>Weight s of a child's own noise against the noise it shares with its siblings.</summary>
        public double Strength { get; init => field = Require.Positive(value); } = Require.Positive(Strength);
    }

    /// <summary>Siblings in ± pairs: ξ_{2j+1} = −ξ_{2j}, ξ_{2j} ~ N(0, I). Needs even branch factors. Each child keeps the marginal N(0,
    /// I).</summary>
    public sealed record Mirrored : BranchNoise;

    /// <summary>x·N(0, I), scored with the unscaled std: what the published code does. The marginal is not preserved:
    /// leaves are off the policy's distribution and the score is not the density of what was drawn.</summary>
    /// <param name="Factor">x &gt; 0; the published script passes 4.</param>
    public sealed record Scaled(double Factor) : BranchNoise
    {
        /// <summary>Factor of the split noise.</summary>
        public double Factor { get; init => field = Require.Positive(value); } = Require.Positive(Factor);
    }

    /// <summary>Standard deviation of an element of a split's noise.</summary>
    internal double Size => this is Scaled { Factor: var x } ? x : 1;

    /// <summary>The noise of the children of one node, in order; every draw is made once.</summary>
    /// <param name="own">Draws the own noise of the child with the given number.</param>
    /// <param name="shared">Draws the noise that the siblings share.</param>
    /// <param name="branches">Children of the node; 1 outside splits.</param>
    internal IEnumerable<Tensor> Draw(Func<int, Tensor> own, Func<Tensor> shared, int branches)
    {
        var children = Enumerable.Range(0, branches);
        if (branches == 1) return children.Select(own);
        switch (this)
        {
            case Correlated { Strength: var s }:
                var common = shared();
                return children.Select(b => common.add(own(b), alpha: Scalars.Of(s)).div(Scalars.Of(Math.Sqrt(1 + s * s))));
            case Mirrored:
                return children.Where(b => b % 2 == 0).Select(own).SelectMany(noise => new[] { noise, -noise });
            case Scaled { Factor: var x }:
                return children.Select(b => own(b).mul(Scalars.Of(x)));
            default:
                return children.Select(own);
        }
    }
}
