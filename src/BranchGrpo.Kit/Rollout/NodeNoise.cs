using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>Draws the noise of a whole level, node by node, so that no draw depends on its neighbours in the batch.</summary>
internal sealed class NodeNoise(NoiseSource source, long[] shape, FlowPolicy policy)
{
    public Tensor Roots(RolloutTree tree)
    {
        var roots = tree.Plan.Roots;
        return Stack(from prompt in Enumerable.Range(0, tree.Prompts.Count)
                     from root in Enumerable.Range(0, roots.PerPrompt)
                     select source(new(prompt, 0, roots.Noise == InitialNoise.Shared ? 0 : root, NoisePurpose.Root), shape));
    }

    public Tensor Children(RolloutTree tree, int step)
    {
        var (plan, branches, parents) = (tree.Plan, tree.Plan.Steps[step].Branches, tree.Plan.NodesAt(step));
        return Stack(from prompt in Enumerable.Range(0, tree.Prompts.Count)
                     from parent in Enumerable.Range(0, parents)
                     from noise in plan.Noise.Draw(
                         child => source(new(prompt, step + 1, parent * branches + child, NoisePurpose.Own), shape),
                         () => source(new(prompt, step, parent, NoisePurpose.Shared), shape), branches)
                     select noise);
    }

    private Tensor Stack(IEnumerable<Tensor> draws)
    {
        using var scope = NewDisposeScope();
        return stack([.. draws], 0).to(policy.Dtype, policy.Device).MoveToOuterDisposeScope();      // [n, …latent]
    }
}
