using BranchGrpo.Kit.Notebooks.Drawing;
using TorchSharp;

namespace BranchGrpo.Kit.Notebooks;

public static partial class Figures
{
    /// <summary>A tree left to right: time runs to the right, edges of stochastic steps are solid, ODE edges dotted, edges that are not
    /// kept faded.</summary>
    /// <param name="tree">A rollout; scored where colours shall mean something. Borrowed.</param>
    /// <param name="colour">What the colour of a node means.</param>
    /// <param name="credit">Values and advantages; the mean over leaves, and no advantages, if null.</param>
    /// <param name="kept">Child nodes of the edges that are trained; all edges if null.</param>
    /// <param name="prompt">Which of the rollout's prompts.</param>
    /// <param name="thumbnails">Whether pictures stand at splits and leaves, for latents of the embedded task.</param>
    /// <param name="title">What is to be seen.</param>
    /// <param name="subtitle">Under which setting; the prompt and the plan if null.</param>
    /// <param name="policy">Gives the clean predictions x₀ = x − σv that stand at splits; the mean of the leaves below if null. Borrowed.</param>
    /// <param name="decode">Makes pictures [n, 3, height, width] of latents [n, …latent]; for latents of the embedded task if null.</param>
    public static Figure Draw(
        this RolloutTree tree, TreeColour colour = TreeColour.Reward, CreditedTree? credit = null, int[]? kept = null, int prompt = 0,
        bool thumbnails = true, string? title = null, string? subtitle = null, FlowPolicy? policy = null,
        Func<torch.Tensor, torch.Tensor>? decode = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)prompt, (uint)tree.Prompts.Count, nameof(prompt));
        if (colour == TreeColour.Advantage && credit is null) throw new ArgumentException("advantages need a credited tree", nameof(credit));
        var drawing = new TreeDrawing(tree, colour, credit, kept, prompt);
        var pictures = thumbnails ? TreePictures.Of(tree, drawing.Pictured, policy, decode) : null;
        subtitle ??= string.Join("; ", [$"\"{tree.Prompts[prompt]}\"", tree.Plan.ToString(), .. drawing.Marks, .. pictures is null ? []
            : new[] { policy is null ? "pictures at splits: mean of the leaves below" : "pictures at splits: clean predictions" }]);
        return new PanelFigure(title ?? drawing.Title, subtitle, drawing.Words, drawing.ToScene(pictures));
    }
}
