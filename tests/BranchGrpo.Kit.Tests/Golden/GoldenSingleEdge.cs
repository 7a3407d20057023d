using System.Text.Json;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>A tree of one edge whose log-ratio is prescribed: the kit's update on numbers that no rollout gives.</summary>
internal sealed class GoldenSingleEdge : IDisposable
{
    private const string Network = """
        {"model":{"kind":"affine","A":{"shape":[2,2],"data":[0.5,0.1,-0.2,0.3]},"b":{"shape":[2],"data":[0.1,0.2]},"U":{"shape":[2,1],"data":[0,0]}},
         "encoder":{"shape":[1,1,1],"data":[1]}}
        """;

    private readonly GoldenPolicy policy;
    private readonly RolloutTree tree;
    private readonly double drawn;

    public GoldenSingleEdge()
    {
        using var json = JsonDocument.Parse(Network);
        policy = new(json.RootElement, [1, 2], [1, 0.5], [1000, 500]);
        var plan = new RolloutPlan(new NoiseSchedule([1, 0.5]), [new PlanStep(true)], new Dynamics.DanceSde(0.5), new(1, InitialNoise.Own),
            scored: ScoredLatent.Final);
        tree = TreeRollout.Grow(policy, plan, ["0"], (key, shape) => full(shape, key.Purpose == NoisePurpose.Root ? 0.3 : -0.7, dtype: float64));
        drawn = tree.LogProb[1];
    }

    /// <summary>Outcome of the edge at log π − log π_old = <paramref name="logRatio"/>.</summary>
    public EdgeOutcome At(double logRatio, double advantage, double weight, double clipRange)
    {
        tree.LogProb[1] = drawn - logRatio;
        return new GrpoUpdate(policy, new() { ClipRange = clipRange }).Accumulate(tree, [new(1, advantage, weight)])[0];
    }

    /// <summary>Whether the kit refuses to train the edge.</summary>
    public bool Throws(double logRatio, double advantage)
    {
        try
        {
            At(logRatio, advantage, 1, 1e-3);
            return false;
        }
        catch (NonFiniteException)
        {
            return true;
        }
    }

    public void Dispose()
    {
        tree.Dispose();
        policy.Dispose();
    }
}
