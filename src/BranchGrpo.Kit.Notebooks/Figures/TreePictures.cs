using BranchGrpo.Kit.Shapes;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Pictures of nodes.</summary>
internal static class TreePictures
{
    /// <summary>A small picture per node: of leaves what the reward saw; of inner nodes the policy's clean prediction or, without a policy, the
    /// mean of the leaves below. Null where nothing makes pictures of the latents.</summary>
    public static Dictionary<int, string>? Of(RolloutTree tree, int[] nodes, FlowPolicy? policy, Func<Tensor, Tensor>? decode)
    {
        var shape = tree.Leaves?.shape ?? [];
        var size = ShapesSize.All.FirstOrDefault(s => shape is [_, var tokens, var channels] && tokens == s.Tokens && channels == s.Channels);
        decode ??= size is null ? null : size.ToPictures;
        if (decode is null) return null;
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var leaves = tree.Leaves!.cpu();
        var pictures = new Dictionary<int, string>();
        foreach (var level in nodes.GroupBy(i => tree.Depth[i]))
        {
            int[] members = [.. level];
            var shown = level.Key == tree.Plan.Depth ? leaves[Rows(tree, level.Key, members)]
                : policy is null ? MeanBelow(tree, level.Key, leaves)[Rows(tree, level.Key, members)]
                : Predicted(tree, level.Key, members, policy);
            foreach (var (node, source) in members.Zip(PictureSource.Of(decode(shown), quality: 78))) pictures[node] = source;
        }
        return pictures;
    }

    private static Tensor Rows(RolloutTree tree, int depth, int[] nodes) => tensor(nodes.Select(i => (long)(i - tree.LevelStart(depth))).ToArray());

    // In level order the leaves below a node stand together, equally many for all nodes of a depth.
    private static Tensor MeanBelow(RolloutTree tree, int depth, Tensor leaves) =>
        leaves.reshape([tree.LevelCount(depth), -1, .. leaves.shape[1..]]).mean([1]);               // [n_d, …latent]

    private static Tensor Predicted(RolloutTree tree, int depth, int[] nodes, FlowPolicy policy)
    {
        var sigma = tree.Plan.Schedule[depth];
        using var conditioning = policy.Encode([.. nodes.Select(i => tree.Prompts[tree.Prompt[i]])]);
        var latents = tree.Level(depth).cpu()[Rows(tree, depth, nodes)].to(policy.Dtype).to(policy.Device);
        return (latents - (sigma * policy.Velocity(latents, sigma, conditioning))).cpu();           // [n, …latent]
    }
}
