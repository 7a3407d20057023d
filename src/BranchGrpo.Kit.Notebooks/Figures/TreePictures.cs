using BranchGrpo.Kit.Shapes;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Pictures of nodes.</summary>
internal static class TreePictures
{
    /// <summary>A small picture per node; null where the latents are not those of the embedded task. A policy gives clean predictions of inner nodes;
    /// without one their latents are shown as they are.</summary>
    public static Dictionary<int, string>? Of(RolloutTree tree, int[] nodes, FlowPolicy? policy)
    {
        var shape = tree.Level(0).shape;
        var size = ShapesSize.All.FirstOrDefault(s => shape is [_, var tokens, var channels] && tokens == s.Tokens && channels == s.Channels);
        if (size is null) return null;
        using var frozen = no_grad();
        var pictures = new Dictionary<int, string>();
        foreach (var level in nodes.GroupBy(i => tree.Depth[i]))
        {
            using var scope = NewDisposeScope();
            int[] members = [.. level];
            var rows = tensor(members.Select(i => (long)(i - tree.LevelStart(level.Key))).ToArray());
            var latents = level.Key == tree.Plan.Depth ? tree.Leaves.cpu()[rows] : Shown(tree, level.Key, members, tree.Level(level.Key).cpu()[rows], policy);
            foreach (var (node, source) in members.Zip(PictureSource.Of(size.ToPictures(latents)))) pictures[node] = source;
        }
        return pictures;
    }

    private static Tensor Shown(RolloutTree tree, int depth, int[] nodes, Tensor latents, FlowPolicy? policy)
    {
        if (policy is null) return latents;
        var sigma = tree.Plan.Schedule[depth];
        using var conditioning = policy.Encode([.. nodes.Select(i => tree.Prompts[tree.Prompt[i]])]);
        var velocity = policy.Velocity(latents.to(policy.Dtype).to(policy.Device), sigma, conditioning).cpu();
        return latents - (sigma * velocity);
    }
}
